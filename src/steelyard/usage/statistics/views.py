"""Statistics as others read them; ``shapes`` describes what these make."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from steelyard.core.clock import iso
from steelyard.usage.sheets import Sum
from steelyard.usage.statistics.books import Bill
from steelyard.usage.statistics.costs import Cost
from steelyard.usage.statistics.detail import Point, Share
from steelyard.usage.statistics.figures import Figures
from steelyard.usage.statistics.findings import Detail, Matrix
from steelyard.usage.statistics.growth import Size
from steelyard.usage.statistics.ranges import Range
from steelyard.usage.statistics.zones import moment

_ANSWERED = (
    "success_rate", "success_interval", "average_response_time_ms", "p50_ms", "p95_ms", "p99_ms", "uses_per_day",
    "usage_frequency",
)  # fmt: skip


def figures_json(figures: Figures) -> dict[str, Any]:
    """``FiguresShape``."""
    trend = figures.trend
    return {
        "uses": figures.uses,
        "requests": figures.requests,
        "failures": figures.failures,
        **answered_json(figures),
        "average_first_token_ms": figures.first_tokens.average,
        "first_token_p50_ms": figures.first_tokens.p50,
        "first_token_p95_ms": figures.first_tokens.p95,
        "first_token_p99_ms": figures.first_tokens.p99,
        "wait_p95_ms": figures.wait_p95,
        "tokens_in": figures.tokens_in,
        "tokens_out": figures.tokens_out,
        "bytes_in": figures.bytes_in,
        "bytes_out": figures.bytes_out,
        "trend_p_value": round(trend.p, 6) if trend else None,
        "unique_models": figures.models,
        "gpu_hours": figures.gpu_hours,
        "gpu_utilization": _rounded(figures.gpu_percent),
        "vram_mb": _rounded(figures.vram_mb),
    }


def answered_json(figures: Figures | None) -> dict[str, Any]:
    """The measured ones among the fields that a model's ``stats`` always has; null where nothing was measured."""
    if figures is None:
        return dict.fromkeys((*_ANSWERED, "trend", "unique_users"))
    times, rates = figures.durations, figures.interval
    numbers = (
        _rounded(figures.rate), [round(end, 6) for end in rates] if rates else None,
        times.average, times.p50, times.p95, times.p99, _rounded(figures.per_day), _rounded(figures.per_day),
    )  # fmt: skip
    return {
        **dict(zip(_ANSWERED, numbers, strict=True)),
        "trend": figures.trend.direction if figures.trend else None,
        "unique_users": figures.users,
    }


def range_json(wanted: Range) -> dict[str, Any]:
    """``RangeShape``."""
    return {
        "period": wanted.period.value,
        "since": iso(wanted.since),
        "until": iso(wanted.until),
        "timezone": wanted.place.key,
    }


def detail_json(detail: Detail) -> dict[str, Any]:
    """``DetailShape``."""
    told = detail.told
    return {
        **range_json(told.wanted),
        "series": [point_json(point) for point in told.points],
        "peak_hours": told.peak_hours,
        "pattern": told.pattern,
        "common_parameters": {
            name: [{"value": value, "uses": uses} for value, uses in values]
            for name, values in detail.parameters.items()
        },
        "types": detail.types,
        "errors": detail.errors,
        "agents": detail.agents,
        "users": shares_json(detail.people, "username"),
        "models": shares_json(detail.models, "model"),
        "addresses": [
            {"ip_address": address, "requests": share.requests, "failures": share.failures}
            for address, share in detail.addresses
        ],
    }


def answer_json(detail: Detail, **subject: str) -> dict[str, Any]:
    """The figures at the top level and as an object, and all else of a range."""
    stats = figures_json(detail.told.figures)
    return {**subject, "stats": stats, **stats, **detail_json(detail)}


def point_json(point: Point) -> dict[str, Any]:
    """``PointShape``."""
    return {
        "start": _iso(point.first),
        "end": _iso(point.end),
        "uses": point.of(Sum.USES),
        "requests": point.of(Sum.REQUESTS),
        "failures": point.of(Sum.FAILED),
        "success_rate": _rounded(point.rate),
        "average_response_time_ms": point.average_ms,
        "tokens_in": point.of(Sum.TOKENS_IN),
        "tokens_out": point.of(Sum.TOKENS_OUT),
        "bytes_in": point.of(Sum.BYTES_IN),
        "bytes_out": point.of(Sum.BYTES_OUT),
    }


def shares_json(shares: Iterable[tuple[str, Share]], field: str) -> list[dict[str, Any]]:
    """``ShareShape``s with their name under ``field``."""
    return [
        {
            field: name,
            "uses": share.uses,
            "requests": share.requests,
            "failures": share.failures,
            "bytes_out": share.bytes_out,
            "tokens": share.tokens,
        }
        for name, share in shares
    ]


def matrix_json(matrix: Matrix) -> dict[str, Any]:
    """``MatrixShape``."""
    return {**range_json(matrix.wanted), "users": matrix.people, "models": matrix.models, "uses": matrix.uses}


def growth_json(wanted: Range, held: int, sizes: Iterable[Size]) -> dict[str, Any]:
    """``GrowthShape``."""
    series = [
        {"start": _iso(one.first), "end": _iso(one.end), "size_bytes": one.size, "added_bytes": one.added}
        for one in sizes
    ]
    return {**range_json(wanted), "size_bytes": held, "series": series}


def costs_json(bill: Bill) -> dict[str, Any]:
    """``CostShape``."""
    return {
        **range_json(bill.wanted),
        "currency": bill.prices.currency,
        "price_per_gpu_hour": bill.prices.gpu_hour,
        "price_per_gb_month": bill.prices.gb_month,
        "gpu_hours": round(bill.gpu_hours, 4),
        "gpu_cost": round(bill.gpu_cost, 4),
        "stored_bytes": bill.stored_bytes,
        "storage_cost": round(bill.storage_cost, 4),
        "cost": round(bill.gpu_cost + bill.storage_cost, 4),
        "models": [
            {
                "model": one.name,
                **_cost_json(one),
                "size_bytes": one.size,
                "storage_cost": round(one.storage_cost, 4),
                "cost": round(one.total, 4),
            }
            for one in bill.models
        ],
        "users": [{"username": one.name, **_cost_json(one)} for one in bill.people],
    }


def _cost_json(cost: Cost) -> dict[str, Any]:
    return {"uses": cost.uses, "gpu_hours": round(cost.gpu_hours, 4), "gpu_cost": round(cost.gpu_cost, 4)}


def iso_of_ms(at_ms: int | None) -> str | None:
    """A time in milliseconds since 1970, as answers have it."""
    return None if at_ms is None else iso(datetime.fromtimestamp(at_ms / 1000, UTC))


def _iso(quarter: int) -> str:
    return iso(moment(quarter))


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 6)
