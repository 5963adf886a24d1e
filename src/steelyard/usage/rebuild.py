"""Counting days anew from the log: what comes out is what the fold has counted, or the sheets were damaged.

Only days of which the log still has every event are counted anew: of others the sheets know more than the log does.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from steelyard.core.errors import Conflict
from steelyard.usage import hot, sheet_store
from steelyard.usage.counting import Counted, count
from steelyard.usage.keys import DAY_MS, at_ms_of, first_key
from steelyard.usage.rows import Row
from steelyard.usage.sheet_changes import Changes, packed_day
from steelyard.usage.sheets import Level, Scope, Sum, add, code, period_of, sheet_key
from steelyard.usage.spelled import Spelled
from steelyard.usage.spelling import Spelling, learn
from steelyard.usage.state import kept_from
from steelyard.usage.tables import events, sheets
from steelyard.usage.turns import Turns

logger = logging.getLogger(__name__)
_READ = 5_000  # rows; a transaction that computes for seconds between two statements is ended by PostgreSQL
_PACKED = 50  # sheets, between two statements for the same reason
_FIRST = date(1970, 1, 1)
_EVENTS = code(0, Sum.EVENTS)
_Choose = Callable[[Sequence[Row], Spelled], Sequence[Row]]


class EventsGone(Conflict):
    """A day's events are not all in the log any more."""

    slug = "events-gone"
    title = "These events were deleted"


class Recount(NamedTuple):
    """What counting one day anew came to; ``day`` since 1970.

    ``counted_before`` is how many events the sheets had told of, None when they could not be read.
    """

    day: int
    events: int
    sheets: int
    counted_before: int | None


class _Uncountable(Exception):
    """One of some events cannot be counted."""


class _Prepared(NamedTuple):
    recount: Recount
    changes: Changes
    unknown: set[str]  # parameters that must become words first


class Rebuild:
    """Makes the sheets of days anew, as far as the log still has all their events."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns

    async def rebuild(self, first_day: int, end_day: int) -> None:
        """Count the days from ``first_day`` since 1970 and before ``end_day`` anew, each in a turn of its own.

        Raises DatabaseAway, TurnTaken, EventsGone.
        """
        for day in range(first_day, end_day):
            await self.recount(day)

    async def recount(self, day: int) -> Recount:
        """Count one day anew. Raises DatabaseAway, TurnTaken, EventsGone."""
        while True:
            done: _Prepared | None = await self._turns.change(partial(_prepare, day=day), partial(_write, day=day))
            if done is not None and not done.unknown:
                return done.recount


def days_to_recount(connection: Connection) -> range:
    """The days since 1970 of which the log has every event, from the first of which anything is known."""
    ends = [connection.execute(select(end(events.c.id))).scalar_one() for end in (func.min, func.max)]
    known = {at_ms_of(key) // DAY_MS for key in ends if key is not None} | _days_with_sheets(connection)
    return range(max(min(known), _first_kept(connection)), max(known) + 1) if known else range(0)


def recount(connection: Connection, spelling: Spelling, first_day: int, end_day: int) -> tuple[Counted, set[str]]:
    """What the log's events of these days come to, and PARAMETER words that would have to be written before.

    Events that the fold could not count either are left out.
    """
    try:
        return _recounted(connection, spelling, first_day, end_day, _all)
    except _Uncountable:
        return _recounted(connection, spelling, first_day, end_day, _countable)


def _recounted(
    connection: Connection, spelling: Spelling, first_day: int, end_day: int, choose: _Choose
) -> tuple[Counted, set[str]]:
    counted, unknown = Counted(), set[str]()
    for rows in _rows(connection, first_key(first_day * DAY_MS), first_key(end_day * DAY_MS)):
        spelled, missing = spelling.read(connection, rows)
        unknown |= missing
        chosen = choose(rows, spelled)
        try:
            count(chosen, spelled, into=counted)
        except Exception as error:
            raise _Uncountable from error
    return counted, unknown


def _all(rows: Sequence[Row], _spelled: Spelled) -> Sequence[Row]:
    return rows


def _countable(rows: Sequence[Row], spelled: Spelled) -> Sequence[Row]:
    return [row for row in rows if _can_be_counted(row, spelled)]


def _can_be_counted(row: Row, spelled: Spelled) -> bool:
    try:
        count([row], spelled)
    except Exception:
        logger.warning("an event cannot be counted", extra={"key": row.id}, exc_info=True)
        return False
    return True


def _prepare(connection: Connection, day: int) -> _Prepared:
    _require_events(connection, day)
    counted, unknown = recount(connection, Spelling(), day, day + 1)
    if unknown:
        return _Prepared(Recount(day, 0, 0, None), {}, unknown)
    changes: Changes = dict.fromkeys(sheet_store.keys_of_day(connection, day))
    made = 0
    for (scope, subject, _), quarters in counted.days.items():
        sheet = changes[sheet_key(Level.DAY, scope, subject, day)] = packed_day(quarters)
        made += sheet is not None
        if made % _PACKED == 0:
            connection.execute(select(1))
    number = sum(total.events for total in counted.totals.values())
    return _Prepared(Recount(day, number, made, _counted_before(connection, day)), changes, unknown)


def _require_events(connection: Connection, day: int) -> None:
    first = _first_kept(connection)
    if day < first:
        raise EventsGone(
            f"The events of {_spelled(day)} are deleted: the log has every event since {_spelled(first)}.",
            hint="The counts of that day stay as they are; counting it anew would lose them.",
        )


def _first_kept(connection: Connection) -> int:
    """The first day since 1970 of which nothing was deleted."""
    return -(-at_ms_of(kept_from(connection)) // DAY_MS)


def _days_with_sheets(connection: Connection) -> set[int]:
    """The first and the last day that the depot has a sealed sheet of."""
    first, end = (sheet_key(Level.DAY, Scope.DEPOT, subject, 0) for subject in (0, 1))
    of_depot = sheets.c.key.between(first, end - 1)
    ends = (select(side(sheets.c.key)).where(of_depot) for side in (func.min, func.max))
    keys = [connection.execute(each).scalar_one() for each in ends]
    return {period_of(key) for key in keys if key is not None}


def _counted_before(connection: Connection, day: int) -> int | None:
    try:
        found = sheet_store.read_days(connection, Scope.DEPOT, 0, day, day + 1, series=False, bags=True)
    except Exception:  # whatever a damaged sheet makes of its reader: it is made anew
        return None
    total: dict[int, int] = {}
    for sheet in found:
        add(total, sheet.bag)
    return total.get(_EVENTS, 0)


def _spelled(day: int) -> str:
    return (_FIRST + timedelta(days=day)).isoformat()


def _write(connection: Connection, prepared: _Prepared, day: int) -> Iterable[int]:
    learn(connection, prepared.unknown)
    sheet_store.write(connection, prepared.changes)
    return [] if prepared.unknown else [day]


def _rows(connection: Connection, first: int, end: int) -> Iterator[list[Row]]:
    while True:
        these = select(events).where(events.c.id >= first, events.c.id < end).order_by(events.c.id).limit(_READ)
        rows = hot.rows_of(connection, these)
        if rows:
            yield rows
        if len(rows) < _READ:
            return
        first = rows[-1].id + 1
