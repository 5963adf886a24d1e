"""Usage under the names that programs with analytics of their own know; as ``steelyard.analytics`` for everybody."""

from steelyard.client.analytics.numbers import UsageStatistics
from steelyard.client.analytics.priority import ModelPriority
from steelyard.client.analytics.reading import (
    Analytics,
    get_detailed_model_usage_stats,
    get_model_usage_analytics,
    get_model_usage_metrics,
    get_model_usage_stats,
    get_usage_statistics_for_model,
    get_user_usage_stats,
)
from steelyard.client.analytics.report import record_model_usage, track_generation_usage, track_model_usage_event
from steelyard.client.track import UsageEventType

__all__ = [
    "Analytics",
    "ModelPriority",
    "UsageEventType",
    "UsageStatistics",
    "get_detailed_model_usage_stats",
    "get_model_usage_analytics",
    "get_model_usage_metrics",
    "get_model_usage_stats",
    "get_usage_statistics_for_model",
    "get_user_usage_stats",
    "record_model_usage",
    "track_generation_usage",
    "track_model_usage_event",
]
