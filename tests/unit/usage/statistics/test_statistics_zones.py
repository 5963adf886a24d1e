"""Quarters of UTC days on the calendars of zones, held against the standard library's own arithmetic."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.core.errors import Invalid
from steelyard.usage.keys import QUARTERS
from steelyard.usage.statistics.zones import day_of, local_day, midnight, moment, spans, weekday, zone

# Half hours, quarters, a DST step of half an hour, a midnight that is skipped, no DST, and a day that never was.
ZONES = [
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe",
    "America/Asuncion", "Pacific/Chatham", "Pacific/Apia", "Africa/Cairo",
]  # fmt: skip
DAYS = st.integers(day_of(datetime(2011, 12, 1, tzinfo=UTC).date()), day_of(datetime(2030, 1, 1, tzinfo=UTC).date()))


@given(st.sampled_from(ZONES), DAYS)
def test_each_quarter_lies_on_the_day_and_hour_that_the_clock_there_shows(name: str, day: int) -> None:
    place, seen = zone(name), []
    for span in spans(place, day):
        for quarter in range(span.first, span.end):
            shown = moment(day * QUARTERS + quarter).astimezone(place)
            assert (span.day, (span.at + quarter - span.first) * 15) == (
                day_of(shown.date()),
                shown.hour * 60 + shown.minute,
            )
            seen.append(quarter)
    assert seen == list(range(QUARTERS))


@given(st.sampled_from(ZONES), DAYS)
def test_a_local_day_begins_at_its_midnight_or_when_the_clock_skips_it(name: str, day: int) -> None:
    place = zone(name)
    first = midnight(place, day)
    assert local_day(place, first - 1) < local_day(place, first)
    if local_day(place, first) == day:
        assert moment(first).astimezone(place).minute == 0


def test_days_of_23_and_25_hours() -> None:
    berlin = zone("Europe/Berlin")
    spring, autumn = (day_of(datetime(2026, *when, tzinfo=UTC).date()) for when in ((3, 29), (10, 25)))
    assert midnight(berlin, spring + 1) - midnight(berlin, spring) == 23 * 4
    assert midnight(berlin, autumn + 1) - midnight(berlin, autumn) == 25 * 4


def test_weekdays_begin_on_monday() -> None:
    monday = datetime(2026, 11, 16, tzinfo=UTC)
    assert [weekday(day_of((monday + timedelta(days=n)).date())) for n in range(7)] == list(range(7))


@pytest.mark.parametrize(
    "name", ["Mars/Base", "", "../../etc/passwd", "/etc/passwd", "Europe", "\0", "Europe/berlin\n"]
)
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="no time zone"):
        zone(name)


def test_utc_is_one() -> None:
    assert zone("UTC") == ZoneInfo("UTC")
