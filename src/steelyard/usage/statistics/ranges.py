"""Ranges of time, cut into periods of a calendar. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from steelyard.core.errors import Invalid
from steelyard.usage.events import milliseconds
from steelyard.usage.keys import QUARTER_MS, QUARTERS
from steelyard.usage.statistics.zones import IN_AN_HOUR as _HOUR
from steelyard.usage.statistics.zones import Span, date_of, day_of, local_day, midnight, moment, spans, weekday

_OLDEST = day_of(date(2020, 1, 1)) * QUARTERS  # keys of events know no earlier time
_MOST_POINTS = 10_000
_LAST = {"hour": 48, "day": 30, "week": 12, "month": 12}  # so many periods if nothing is said
_A_MONTH_LATER = 31  # days after the first of a month


class Step(StrEnum):
    """What a series is cut into."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Slot:
    """One period: quarters since 1970, the end not included. ``key`` tells it from the others."""

    key: int
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Range:
    """Quarters of an hour since 1970, from ``first`` and before ``end``, as a calendar has them."""

    first: int
    end: int
    place: ZoneInfo
    period: Step

    @property
    def since(self) -> datetime:
        """Where it begins."""
        return moment(self.first)

    @property
    def until(self) -> datetime:
        """Where it ends; this moment is not in it."""
        return moment(self.end)

    @property
    def days(self) -> range:
        """The UTC days that have a part in it."""
        return range(self.first // QUARTERS, -(-self.end // QUARTERS))

    @property
    def local_days(self) -> range:
        """The local days that have a part in it."""
        return range(local_day(self.place, self.first), local_day(self.place, self.end - 1) + 1)

    def quarters(self, day: int) -> tuple[int, int]:
        """Which quarters of a UTC day are in it; the end is not."""
        start = day * QUARTERS
        return max(self.first - start, 0), min(self.end - start, QUARTERS)

    def spans(self, day: int) -> list[Span]:
        """What of a UTC day is in it, by local days."""
        first, end = self.quarters(day)
        whole = spans(self.place, day)
        if (first, end) == (0, QUARTERS):
            return list(whole)
        return [
            one._replace(end=min(one.end, end))
            if one.first >= first
            else Span(first, min(one.end, end), one.day, one.at + first - one.first)
            for one in whole
            if one.first < end and one.end > first
        ]

    def slot_key(self, day: int, span: Span) -> int:
        """In which period a span lies; not for hours, of which a span has many."""
        if self.period is Step.WEEK:
            return span.day - weekday(span.day)
        if self.period is Step.MONTH:
            return span.day - date_of(span.day).day + 1
        return span.day

    def slots(self) -> list[Slot]:
        """All its periods in order, whether anything was in them or not."""
        keys = self._hours() if self.period is Step.HOUR else self._dates()
        starts = [self._start(key) for key in (*keys, self._next(keys[-1]))]
        return [Slot(key, start, end) for key, start, end in zip(keys, starts, starts[1:], strict=False)]

    def _hours(self) -> list[int]:
        return sorted({key for day in self.days for span in self.spans(day) for key, _, _ in hours_of(day, span)})

    def _dates(self) -> list[int]:
        return sorted({self.slot_key(0, Span(0, 0, day, 0)) for day in self.local_days})

    def _start(self, key: int) -> int:
        return key if self.period is Step.HOUR else midnight(self.place, key)

    def _next(self, key: int) -> int:
        if self.period is Step.MONTH:
            later = key + _A_MONTH_LATER
            return later - date_of(later).day + 1
        return key + {Step.HOUR: _HOUR, Step.DAY: 1, Step.WEEK: 7}[self.period]


def hours_of(day: int, span: Span) -> list[tuple[int, int, int]]:
    """The hours of the clock in a span of a UTC day: when each began, in quarters since 1970, and which quarters of the
    day it has."""
    found = [(day * QUARTERS + span.hour, span.first, min(span.end, span.first + _HOUR - span.at % _HOUR))]
    later = range(found[0][2], span.end, _HOUR)
    found += [(day * QUARTERS + first, first, min(span.end, first + _HOUR)) for first in later]
    return found


def between(
    now: datetime, period: Step, place: ZoneInfo, since: datetime | None = None, until: datetime | None = None
) -> Range:
    """The range that is meant: from ``since`` to now unless something else is said.

    The start is rounded down to a quarter of an hour, the end up. Raises Invalid for one that ends before it starts, or
    has too many periods.
    """
    present = milliseconds(now) // QUARTER_MS + 1  # with the quarter that has just begun
    end = present if until is None else min(_up(milliseconds(until.astimezone(UTC))), present)
    end = max(end, _OLDEST)
    first = _back(end, period, place) if since is None else milliseconds(since.astimezone(UTC)) // QUARTER_MS
    first = max(first, _OLDEST)
    if first >= end:
        raise Invalid("The range ends before it starts.", hint="Give a since that is before until and before now.")
    wanted = Range(first, end, place, period)
    if period is Step.HOUR and (end - first) // _HOUR > _MOST_POINTS:
        raise Invalid(f"These are more than {_MOST_POINTS} hours.", hint="Ask for days, or for a shorter range.")
    return wanted


def _up(at_ms: int) -> int:
    return -(-at_ms // QUARTER_MS)


def _back(end: int, period: Step, place: ZoneInfo) -> int:
    """Where a range starts that has the usual number of periods, the last of which may not be over."""
    many = _LAST[period]
    last = Range(end - 1, end, place, period).slots()[0]
    if period is Step.HOUR:
        return last.first - (many - 1) * _HOUR
    if period is Step.MONTH:
        on = date_of(last.key)
        months = on.year * 12 + on.month - many
        return midnight(place, day_of(date(months // 12, months % 12 + 1, 1)))
    return midnight(place, last.key - (many - 1) * (7 if period is Step.WEEK else 1))
