"""Time zones by their names, and how the quarters of a UTC day lie on their calendars. Pure.

Every zone that people live in is a number of quarters of an hour away from UTC, +5:30 and +5:45 among them.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from steelyard.core.errors import Invalid
from steelyard.usage.keys import QUARTER_MS, QUARTERS

_QUARTER_SECONDS = QUARTER_MS // 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = date(1970, 1, 1).toordinal()
_THURSDAY = 3  # 1 January 1970; Monday is 0
IN_AN_HOUR = 4  # quarters
_REMEMBERED = 4096  # days and zones: 100 bytes each


class Span(NamedTuple):
    """Quarters ``first`` and before ``end`` of a UTC day, which lie on one local day; days count from 1970.

    ``at`` is the local quarter of the first of them: the clock of the zone stands at ``at * 15`` minutes then, to which
    it was changed at that moment if ``is_changed``.
    """

    first: int
    end: int
    day: int
    at: int
    is_changed: bool = False

    @property
    def hour(self) -> int:
        """The quarter of the UTC day at which the clock's first hour began; it may be before the day."""
        return self.first if self.is_changed else self.first - self.at % IN_AN_HOUR


def zone(name: str) -> ZoneInfo:
    """The zone of that name. Raises Invalid."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # no such file, a path that leads out, a folder
        raise Invalid(
            f"There is no time zone {name[:60]!r}.", hint="Write it like Europe/Berlin or Asia/Kolkata; UTC is one."
        ) from error


@lru_cache(_REMEMBERED)
def spans(place: ZoneInfo, day: int) -> tuple[Span, ...]:
    """How a UTC day lies on local days, in order: two spans mostly, one in UTC, one more when a clock is changed."""
    first = day * QUARTERS
    offsets = [_offset(place, first), _offset(place, first + QUARTERS - 1)]
    if offsets[0] == offsets[1]:
        return tuple(_at_offset(day, 0, QUARTERS, offsets[0]))
    found: list[Span] = []
    for start, end, offset in _pieces([_offset(place, first + quarter) for quarter in range(QUARTERS)]):
        piece = _at_offset(day, start, end, offset)
        found += [piece[0]._replace(is_changed=start > 0), *piece[1:]]
    return tuple(found)


def weekday(day: int) -> int:
    """Of a day since 1970; Monday is 0."""
    return (day + _THURSDAY) % 7


def date_of(day: int) -> date:
    """The date of a day since 1970."""
    return date.fromordinal(_FIRST + day)


def day_of(a_date: date) -> int:
    """Days since 1970."""
    return a_date.toordinal() - _FIRST


def midnight(place: ZoneInfo, day: int) -> int:
    """When a local day begins, as the quarter of an hour since 1970. Where clocks skip midnight: when they do."""
    on = date_of(day)
    begins = datetime(on.year, on.month, on.day, tzinfo=place)
    return (begins - _EPOCH) // timedelta(seconds=_QUARTER_SECONDS)


def local_day(place: ZoneInfo, quarter: int) -> int:
    """The local day on which a quarter since 1970 lies."""
    return (quarter + _offset(place, quarter)) // QUARTERS


def moment(quarter: int) -> datetime:
    """When a quarter since 1970 begins."""
    return _EPOCH + timedelta(seconds=quarter * _QUARTER_SECONDS)


def _offset(place: ZoneInfo, quarter: int) -> int:
    """How many quarters the clock there is ahead of UTC."""
    ahead = moment(quarter).astimezone(place).utcoffset() or timedelta()
    return ahead // timedelta(seconds=_QUARTER_SECONDS)


def _pieces(offsets: list[int]) -> list[tuple[int, int, int]]:
    """Runs of one offset: first, end and offset."""
    starts = [0, *(n for n in range(1, QUARTERS) if offsets[n] != offsets[n - 1]), QUARTERS]
    return [(start, end, offsets[start]) for start, end in pairwise(starts)]


def _at_offset(day: int, first: int, end: int, offset: int) -> list[Span]:
    found = []
    while first < end:
        on, at = divmod(day * QUARTERS + first + offset, QUARTERS)
        until = min(end, first + QUARTERS - at)
        found.append(Span(first, until, on, at))
        first = until
    return found
