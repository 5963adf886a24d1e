"""Bags as figures."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.usage.buckets import bucket_of
from steelyard.usage.counts import of_bag
from steelyard.usage.sheets import Bag, Dim, Sum, code
from steelyard.usage.statistics.figures import figures_of, percentile
from steelyard.usage.statistics.ranges import Step, between
from steelyard.usage.statistics.tally import Tally

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MONTH = between(NOW, Step.DAY, ZoneInfo("UTC"))
TODAY = MONTH.local_days[-1]


def sums(**counts: int) -> Bag:
    return {code(Dim.SUM, Sum[name.upper()]): number for name, number in counts.items()}


def test_nothing_was_measured() -> None:
    found = figures_of(Tally(), MONTH)
    assert (found.uses, found.rate, found.interval, found.durations.p95, found.per_day, found.trend) == (
        0, None, None, None, None, None,
    )  # fmt: skip


def test_rates_and_averages() -> None:
    bag = sums(uses=10, uses_failed=2, duration_us=5_000_000, timed=4, generating_us=7_200_000_000)
    found = figures_of(Tally(of_bag(bag), daily={TODAY: 10}), MONTH)
    assert (found.rate, found.durations.average, found.gpu_hours) == (0.8, 1250.0, 2.0)
    assert found.interval == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert found.per_day == 10  # what came today has been here for one day


def test_what_is_long_known_is_counted_by_all_days_of_the_range() -> None:
    tally = Tally(of_bag(sums(uses=30)), daily={TODAY: 30})
    days = (MONTH.end - MONTH.first) / 96
    long_ago = int((NOW - timedelta(days=400)).timestamp() * 1000)
    assert figures_of(tally, MONTH, long_ago).per_day == pytest.approx(30 / days)


def test_the_day_that_is_not_over_makes_no_fall() -> None:
    daily = dict.fromkeys(MONTH.local_days, 5) | {TODAY: 1}
    found = figures_of(Tally(of_bag(sums(uses=146)), daily=daily), MONTH)
    assert found.trend is not None
    assert (found.trend.direction, found.trend.p) == ("steady", 1.0)


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=60), st.sampled_from([0.5, 0.95, 0.99]))
def test_percentiles_are_two_percent_off_at_most(durations: list[int], part: float) -> None:
    buckets: Bag = {}
    for duration in durations:
        buckets[bucket_of(duration)] = buckets.get(bucket_of(duration), 0) + 1
    place = -(-int(part * 100) * len(durations) // 100)
    true = sorted(durations)[place - 1] / 1000
    found = percentile(buckets, part)
    assert found is not None
    assert found == pytest.approx(true, rel=0.021, abs=0.0011)  # thousandths of a millisecond are rounded
