"""A bag of counts, as figures that people read. Pure; shapes are in ``shapes``."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from steelyard.usage.buckets import value_of
from steelyard.usage.counts import by_dim
from steelyard.usage.keys import DAY_MS
from steelyard.usage.sheets import Bag, Dim, Sum
from steelyard.usage.statistics.ranges import Range
from steelyard.usage.statistics.tally import Tally
from steelyard.usage.statistics.trend import Trend, trend_of
from steelyard.usage.statistics.wilson import interval
from steelyard.usage.statistics.zones import midnight

_FEWEST_DAYS = 4  # below these the unfinished last day counts for the trend as well
_US_OF_HOUR = 3_600_000_000
_QUARTER_OF_DAY = 1 / 96
Parts = Mapping[int, Bag]  # counts by dimension and number


@dataclass(frozen=True, slots=True)
class Times:
    """Durations in milliseconds; None where none was measured."""

    average: float | None
    p50: float | None
    p95: float | None
    p99: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What the uses and requests of a range come to."""

    uses: int
    requests: int
    failures: int
    rate: float | None
    interval: tuple[float, float] | None
    durations: Times
    first_tokens: Times
    wait_p95: float | None
    tokens_in: int
    tokens_out: int
    bytes_in: int
    bytes_out: int
    per_day: float | None
    trend: Trend | None
    users: int
    models: int
    gpu_hours: float
    gpu_percent: float | None
    vram_mb: float | None


def figures_of(tally: Tally, wanted: Range, first_ms: int | None = None, parts: Parts | None = None) -> Figures:
    """The figures of a range. ``first_ms`` is when its subject was first used, if that is known from elsewhere;
    ``parts`` are the tally's counts by dimension, if somebody has them already."""
    parts = by_dim(tally.counts) if parts is None else parts
    bag = parts.get(Dim.SUM, {})
    uses, failed = _sum(bag, Sum.USES), _sum(bag, Sum.USES_FAILED)
    return Figures(
        uses=uses,
        requests=_sum(bag, Sum.REQUESTS),
        failures=_sum(bag, Sum.FAILED),
        rate=rate_of(uses, failed),
        interval=interval(uses - failed, uses),
        durations=_times(parts, Dim.DURATION, _per(bag, Sum.DURATION_US, Sum.TIMED)),
        first_tokens=_times(parts, Dim.FIRST_TOKEN, _per(bag, Sum.FIRST_TOKEN_US, Sum.FIRST_TOKENS)),
        wait_p95=percentile(parts.get(Dim.WAIT, {}), 0.95),
        tokens_in=_sum(bag, Sum.TOKENS_IN),
        tokens_out=_sum(bag, Sum.TOKENS_OUT),
        bytes_in=_sum(bag, Sum.BYTES_IN),
        bytes_out=_sum(bag, Sum.BYTES_OUT),
        per_day=_per_day(uses, tally, wanted, first_ms),
        trend=trend_of(_whole_days(tally, wanted)) if uses else None,
        users=len(parts.get(Dim.PRINCIPAL, {}).keys() | parts.get(Dim.USES_OF_PRINCIPAL, {}).keys()),
        models=len(parts.get(Dim.MODEL, {}).keys() | parts.get(Dim.USES_OF_MODEL, {}).keys()),
        gpu_hours=round(_sum(bag, Sum.GENERATING_US) / _US_OF_HOUR, 4),
        gpu_percent=_per(bag, Sum.GPU_PERCENT, Sum.GPU_SAMPLES),
        vram_mb=_per(bag, Sum.VRAM_MB, Sum.VRAM_SAMPLES),
    )


def rate_of(tries: int, failed: int) -> float | None:
    """How many went well, as a part of all; None of none."""
    return (tries - failed) / tries if tries > 0 else None


def percentile(buckets: Bag, part: float) -> float | None:
    """The duration, in milliseconds, below which this part of all lies; None of none. At most 2 % off."""
    wanted, seen = ceil(part * sum(buckets.values())), 0
    for bucket in sorted(buckets):
        seen += buckets[bucket]
        if seen >= wanted > 0:
            return round(value_of(bucket) / 1000, 3)
    return None


def _times(parts: Parts, dim: Dim, average_us: float | None) -> Times:
    buckets = parts.get(dim, {})
    p50, p95, p99 = (percentile(buckets, part) for part in (0.50, 0.95, 0.99))
    return Times(None if average_us is None else round(average_us / 1000, 3), p50, p95, p99)


def _sum(bag: Bag, measure: Sum) -> int:
    return bag.get(measure, 0)


def _per(bag: Bag, measure: Sum, number: Sum) -> float | None:
    many = _sum(bag, number)
    return _sum(bag, measure) / many if many > 0 else None


def _per_day(uses: int, tally: Tally, wanted: Range, first_ms: int | None) -> float | None:
    """Of the days since the first use; what came today has been here for one day."""
    if not uses:
        return 0.0 if first_ms is not None else None
    used = [day for day, number in tally.daily.items() if number > 0]
    first = min(midnight(wanted.place, day) for day in used) if used else wanted.first
    if first_ms is not None:
        first = min(first, first_ms * 96 // DAY_MS)
    return uses / max(1.0, (wanted.end - max(first, wanted.first)) * _QUARTER_OF_DAY)


def _whole_days(tally: Tally, wanted: Range) -> list[int]:
    """Uses of each day in order. The last one is left out when it is not over: it would look like a fall."""
    days = list(wanted.local_days)
    if len(days) > _FEWEST_DAYS and midnight(wanted.place, days[-1] + 1) > wanted.end:
        days.pop()
    return [tally.daily.get(day, 0) for day in days]
