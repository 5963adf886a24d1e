"""Growth and costs."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from steelyard.usage.keys import QUARTER_MS
from steelyard.usage.statistics.costs import Prices, costs_of, storage_cost
from steelyard.usage.statistics.detail import Share
from steelyard.usage.statistics.growth import Sample, growth_of
from steelyard.usage.statistics.ranges import Step, between

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WEEK = between(NOW, Step.DAY, ZoneInfo("UTC"), NOW - timedelta(days=6))


def at(days: float) -> int:
    return int((NOW - timedelta(days=days)).timestamp() * 1000)


def test_the_store_grows_with_what_arrives() -> None:
    sizes = growth_of([(at(2), 50), (at(100), 1000), (at(0), 7)], WEEK)
    assert [one.size for one in sizes] == [1000, 1000, 1000, 1000, 1050, 1050, 1057]
    assert [one.added for one in sizes] == [0, 0, 0, 0, 50, 0, 7]


def quarter(days: float) -> int:
    return at(days) // QUARTER_MS


def test_what_was_noted_is_the_truth_from_the_first_note_on() -> None:
    """A file of 500 was there until a day and a half ago; 50 came two days ago and 7 now."""
    arrivals = [(at(100), 1000), (at(2), 50), (at(0), 7)]
    samples = [Sample(quarter(3.5), 1500), Sample(quarter(1.5), 1550), Sample(quarter(0.5), 1050)]
    sizes = growth_of(arrivals, WEEK, [*samples, Sample(quarter(-0.02), 1057)])
    assert [one.size for one in sizes] == [1000, 1000, 1500, 1500, 1550, 1050, 1057]
    assert [one.added for one in sizes] == [0, 0, 500, 0, 50, -500, 7]


def test_between_two_notes_arrivals_count() -> None:
    sizes = growth_of([(at(100), 1000), (at(2), 50)], WEEK, [Sample(quarter(4.5), 1300)])
    assert [one.size for one in sizes] == [1000, 1300, 1300, 1300, 1350, 1350, 1350]


def test_an_empty_store() -> None:
    assert {one.size for one in growth_of([], WEEK)} == {0}


def test_costs_of_models_that_are_stored_used_or_both() -> None:
    prices = Prices(gpu_hour=2.0, gb_month=1.0)
    shares = {"org/a": Share(uses=3, busy_us=3_600_000_000), "org/gone": Share(uses=1)}
    found = {one.name: one for one in costs_of(shares, {"org/a": 10**9, "org/idle": 10**9}, prices, WEEK)}
    assert (found["org/a"].gpu_hours, found["org/a"].gpu_cost) == (1.0, 2.0)
    assert found["org/idle"].total == found["org/idle"].storage_cost == found["org/a"].storage_cost > 0
    assert found["org/gone"].total == 0


def test_a_month_of_a_gigabyte_costs_its_price() -> None:
    month = between(NOW, Step.DAY, ZoneInfo("UTC"), NOW - timedelta(days=30.4375))
    assert storage_cost(10**9, Prices(gb_month=3.0), month) == pytest.approx(3.0, rel=0.001)
