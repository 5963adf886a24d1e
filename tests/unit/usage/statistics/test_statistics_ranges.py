"""Ranges and their periods, in calendars with clocks that change."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.core.errors import Invalid
from steelyard.usage.statistics.ranges import Step, between
from steelyard.usage.statistics.zones import moment, zone

NOW = datetime(2026, 11, 20, 12, 7, 30, tzinfo=UTC)
BERLIN = zone("Europe/Berlin")
MOMENTS = st.builds(lambda minutes: NOW - timedelta(minutes=minutes), st.integers(0, 1_500_000))
PLACES = st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Asuncion"])


@given(st.sampled_from(Step), PLACES, MOMENTS, st.integers(1, 90))
def test_periods_follow_each_other_without_a_gap_and_cover_the_range(
    period: Step, name: str, since: datetime, days: int
) -> None:
    wanted = between(NOW, period, zone(name), since, since + timedelta(days=days))
    slots = wanted.slots()
    assert slots[0].first <= wanted.first < slots[0].end
    assert slots[-1].first < wanted.end <= slots[-1].end
    assert all(one.end == other.first for one, other in pairwise(slots))
    assert len({slot.key for slot in slots}) == len(slots)


def test_thirty_days_if_nothing_is_said_with_the_quarter_that_has_just_begun() -> None:
    wanted = between(NOW, Step.DAY, BERLIN)
    assert len(wanted.slots()) == 30
    assert wanted.until == datetime(2026, 11, 20, 12, 15, tzinfo=UTC)
    assert wanted.since == datetime(2026, 10, 21, 22, tzinfo=UTC)  # midnight there: the clocks had not gone back yet


@pytest.mark.parametrize(("period", "number"), [(Step.HOUR, 48), (Step.WEEK, 12), (Step.MONTH, 12)])
def test_as_many_periods_as_people_look_at(period: Step, number: int) -> None:
    assert len(between(NOW, period, BERLIN).slots()) == number


def test_weeks_begin_on_monday_and_months_on_their_first() -> None:
    weeks, months = between(NOW, Step.WEEK, BERLIN).slots(), between(NOW, Step.MONTH, BERLIN).slots()
    assert {moment(slot.first).astimezone(BERLIN).weekday() for slot in weeks} == {0}
    assert {moment(slot.first).astimezone(BERLIN).day for slot in months} == {1}


def test_ends_are_rounded_outwards_to_quarters() -> None:
    since, until = datetime(2026, 11, 1, 10, 14, 59, tzinfo=UTC), datetime(2026, 11, 1, 11, 0, 1, tzinfo=UTC)
    wanted = between(NOW, Step.HOUR, BERLIN, since, until)
    assert (wanted.since.minute, wanted.until.minute) == (0, 15)


def test_nothing_is_asked_of_the_future_or_of_what_no_key_knows() -> None:
    far = between(NOW, Step.MONTH, BERLIN, datetime(1990, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC))
    assert (far.since.year, far.until) == (2020, datetime(2026, 11, 20, 12, 15, tzinfo=UTC))


@pytest.mark.parametrize("period", Step)
def test_an_end_before_all_events_is_refused(period: Step) -> None:
    with pytest.raises(Invalid):
        between(NOW, period, BERLIN, until=datetime(1, 1, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("since", "until"),
    [(NOW + timedelta(days=1), None), (NOW, NOW - timedelta(days=1)), (datetime(2020, 1, 1, tzinfo=UTC), None)],
)
def test_a_range_that_cannot_be_is_refused(since: datetime, until: datetime | None) -> None:
    with pytest.raises(Invalid):
        between(NOW, Step.HOUR, BERLIN, since, until)
