"""An answer of the statistics as the depot gives it."""

from typing import Any

RANGE = {
    "period": "day", "since": "2025-10-21T22:00:00.000Z", "until": "2025-11-20T12:00:00.000Z",
    "timezone": "Europe/Berlin",
}  # fmt: skip
SHARE = {"uses": 1234, "requests": 1300, "failures": 2, "bytes_out": 64_200_000, "tokens": 99_000}


def detail(**changes: Any) -> dict[str, Any]:
    """A range in detail."""
    figures = {
        "uses": 1234, "requests": 1300, "failures": 2, "success_rate": 0.984, "success_interval": [0.97, 0.99],
        "average_response_time_ms": 412.4, "p50_ms": 400.0, "p95_ms": 900.0, "p99_ms": 12_300.0,
        "average_first_token_ms": None, "first_token_p50_ms": None, "first_token_p95_ms": None,
        "first_token_p99_ms": None, "wait_p95_ms": None, "tokens_in": 12_000, "tokens_out": 34_000, "bytes_in": 0,
        "bytes_out": 64_200_000, "uses_per_day": 41.1, "usage_frequency": 41.1, "trend": "rising",
        "trend_p_value": 0.01, "unique_users": 3, "unique_models": 1, "gpu_hours": 1.5, "gpu_utilization": None,
        "vram_mb": None,
    }  # fmt: skip
    points = [{"start": "x", "end": "y", "uses": uses} for uses in (0, 154, 1080)]
    more = {
        "series": points, "peak_hours": [14, 10], "pattern": [], "types": {}, "errors": {"oom": 2},
        "common_parameters": {"steps": [{"value": "30", "uses": 12}]}, "agents": {}, "users": [], "models": [],
        "addresses": [],
    }  # fmt: skip
    return {**figures, **RANGE, **more, "stats": figures, **changes}
