"""The numbers of one model as an object, which programs of this kind read as attributes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from steelyard.client.figures import Point, UsualValue


@dataclass(frozen=True, slots=True)
class UsageStatistics:
    """How a model is used; the last 30 days by day unless asked otherwise. Durations are milliseconds.

    ``success_rate`` and times are None for a model that was never used; ``usage_frequency`` is uses per day, then 0.0.
    ``answer`` is all that the depot said.
    """

    model_id: str
    total_requests: int = 0
    uses: int = 0
    usage_frequency: float = 0.0
    trend: str | None = None
    success_rate: float | None = None
    average_response_time_ms: float | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    unique_users: int = 0
    first_used_at: str | None = None
    last_used_at: str | None = None
    peak_hours: list[int] = field(default_factory=list)
    common_parameters: dict[str, list[UsualValue]] = field(default_factory=dict)
    series: list[Point] = field(default_factory=list)
    answer: Mapping[str, Any] = field(default_factory=dict)


_NAMES = frozenset(UsageStatistics.__slots__) - {"model_id", "answer"}


def statistics_of(model: str, answer: Mapping[str, Any]) -> UsageStatistics:
    """From what the depot answers; a number that it does not have keeps its default."""
    said = {name: answer[name] for name in _NAMES if answer.get(name) is not None}
    return UsageStatistics(model, answer=answer, **said)
