"""Usage under the names that programs with analytics of their own know."""

from steelyard.client.analytics import (
    Analytics,
    ModelPriority,
    UsageEventType,
    UsageStatistics,
    get_detailed_model_usage_stats,
    get_model_usage_analytics,
    get_model_usage_metrics,
    get_model_usage_stats,
    get_usage_statistics_for_model,
    get_user_usage_stats,
    record_model_usage,
    track_generation_usage,
    track_model_usage_event,
)

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
