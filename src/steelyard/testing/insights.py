"""Numbers of statistics for the pages, made up."""

from datetime import UTC, datetime, timedelta

from steelyard.core.clock import iso
from steelyard.web.insights_query import InsightsState, Json


def fake_insights(uses: int = 0, models: int = 0) -> InsightsState:
    """Numbers of 30 days that end on 12 March 2026: ``uses`` on the last of them, of so many models by one person."""
    days = [datetime(2026, 2, 11, tzinfo=UTC) + timedelta(days=day) for day in range(30)]
    ends = {"period": "day", "since": iso(days[0]), "until": iso(days[-1] + timedelta(days=1)), "timezone": "UTC"}
    names = [f"org/model-{number}" for number in range(models)]
    each = {"uses": uses, "requests": uses, "failures": 0, "bytes_out": 2_000_000, "tokens": 12_345}
    system = {
        **ends, "uses": uses, "requests": uses, "failures": 0, "success_rate": 0.9 if uses else None,
        "success_interval": [0.8, 0.95] if uses else None, "p50_ms": 412.0 if uses else None, "p95_ms": 3100.0,
        "p99_ms": 150_000.0, "first_token_p50_ms": 80.0, "first_token_p95_ms": 200.0, "tokens_in": 12_345,
        "tokens_out": 0, "uses_per_day": float(uses), "trend": "rising" if uses else None, "unique_users": 1,
        "series": [_fake_point(day, uses if day == days[-1] else 0) for day in days],
        "pattern": [[uses if (weekday, hour) == (3, 9) else 0 for hour in range(24)] for weekday in range(7)],
        "models": [{"model": name, **each} for name in names], "users": [{"username": "ines", **each}] if uses else [],
        "errors": {"queue-full": 2} if uses else {},
        "common_parameters": {"steps": [{"value": "30", "uses": uses}]} if uses else {},
    }  # fmt: skip
    matrix = {**ends, "users": ["ines"] if names else [], "models": names, "uses": [[uses] * models] if names else []}
    sizes = [{"start": iso(day), "size_bytes": 10**9 * uses, "added_bytes": 0} for day in days]
    costs = {
        "currency": "EUR", "price_per_gpu_hour": 2.5 if uses else 0.0, "price_per_gb_month": 0.0, "gpu_hours": 2.0,
        "gpu_cost": 5.0, "storage_cost": 0.0, "cost": 5.0,
    }  # fmt: skip
    return InsightsState(system, matrix, {**ends, "size_bytes": 10**9 * uses, "series": sizes}, costs)


def _fake_point(day: datetime, uses: int) -> Json:
    return {
        "start": iso(day), "uses": uses, "requests": uses, "failures": 0, "success_rate": 0.9 if uses else None,
        "average_response_time_ms": 412.0 if uses else None,
    }  # fmt: skip
