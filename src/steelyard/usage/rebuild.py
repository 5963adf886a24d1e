"""Counting days anew from the log: what comes out is what the fold has counted, or the sheets were damaged."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection, select

from steelyard.usage import hot, sheet_store
from steelyard.usage.counting import Counted, count
from steelyard.usage.keys import DAY_MS, at_ms_of, first_key
from steelyard.usage.rows import Row
from steelyard.usage.sheet_changes import Changes, packed_day
from steelyard.usage.sheets import Level, sheet_key
from steelyard.usage.spelling import Spelling, learn
from steelyard.usage.state import kept_from
from steelyard.usage.tables import events
from steelyard.usage.turns import Turns

_READ = 5_000  # rows; a transaction that computes for seconds between two statements is ended by PostgreSQL


class _Prepared(NamedTuple):
    changes: Changes
    unknown: set[str]  # parameters that must become words first


class Rebuild:
    """Makes the sheets of days anew, as far as the log still has all their events."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns

    async def rebuild(self, first_day: int, end_day: int) -> None:
        """Count the days from ``first_day`` since 1970 and before ``end_day`` anew, each in a turn of its own.

        Raises DatabaseAway, TurnTaken.
        """
        for day in range(first_day, end_day):
            done = await self._rebuild_day(day)
            while done.unknown:
                done = await self._rebuild_day(day)

    async def _rebuild_day(self, day: int) -> _Prepared:
        done = await self._turns.change(partial(_prepare, day=day), partial(_write, day=day))
        return done or _Prepared({}, set())


def recount(connection: Connection, spelling: Spelling, first_day: int, end_day: int) -> tuple[Counted, set[str]]:
    """What the log's events of these days come to, and PARAMETER words that would have to be written before."""
    counted, unknown = Counted(), set[str]()
    for rows in _rows(connection, first_key(first_day * DAY_MS), first_key(end_day * DAY_MS)):
        spelled, missing = spelling.read(connection, rows)
        unknown |= missing
        count(rows, spelled, into=counted)
    return counted, unknown


def _prepare(connection: Connection, day: int) -> _Prepared | None:
    if day < -(-at_ms_of(kept_from(connection)) // DAY_MS):
        return None
    counted, unknown = recount(connection, Spelling(), day, day + 1)
    if unknown:
        return _Prepared({}, unknown)
    changes: Changes = dict.fromkeys(sheet_store.keys_of_day(connection, day))
    for (scope, subject, _), quarters in counted.days.items():
        changes[sheet_key(Level.DAY, scope, subject, day)] = packed_day(quarters)
    return _Prepared(changes, unknown)


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
