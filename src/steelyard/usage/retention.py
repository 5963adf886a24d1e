"""Retention: old events and old sheets go, a few hundred at a time, and what they took of the disk is given back.

A transaction deletes at most 500 rows, and four times as long as it took nothing is deleted: whoever writes events
comes in between. On SQLite the file shrinks with each of them (``auto_vacuum``, which a file of an older version gets
with its upgrade); PostgreSQL uses the room again.

While 89,000 events went, in 3.5 s, the 99th percentile of a writer was 9.8 ms, and 8.1 ms
before; with hardly a pause between two slices it was 22 ms.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from steelyard.core.clock import Clock
from steelyard.core.errors import Unavailable
from steelyard.db.database import Database
from steelyard.usage import sheet_store
from steelyard.usage.events import milliseconds
from steelyard.usage.keys import DAY_MS, first_key
from steelyard.usage.sheet_changes import Changes
from steelyard.usage.sheet_store import TurnTaken
from steelyard.usage.sheets import BLOCK_DAYS, Level, sheet_key
from steelyard.usage.state import keep_from, kept_from
from steelyard.usage.tables import events
from steelyard.usage.turns import Turns

SLICE = 500
_FIRST_PAUSE_SECONDS = 60.0  # a server that starts has other things to do
_PAUSE_SECONDS = 3600.0
_LEAST_PAUSE_SECONDS = 0.01
_REST = 4  # times as long as a slice took
_PAGES = 256  # given back at once: more than a slice of events frees


class _Old(NamedTuple):
    """Sheets to take away; behind which scope and subject to go on, None at the end."""

    changes: Changes
    behind: tuple[int, int] | None


class Retention:
    """Deletes what is older than it is kept."""

    def __init__(
        self, usage_log: Database, turns: Turns, clock: Clock, event_days: int, sheet_days: int, size: int = SLICE
    ) -> None:
        """``event_days`` and ``sheet_days`` are how long each is kept; ``size`` is how many rows go at once."""
        self._usage_log = usage_log
        self._turns = turns
        self._clock = clock
        self._event_days = event_days
        self._sheet_days = sheet_days
        self._size = size
        self.purged_events = 0
        self.purged_sheets = 0

    async def run(self) -> None:
        """Purge every hour, until cancelled."""
        await asyncio.sleep(_FIRST_PAUSE_SECONDS)
        while True:
            with suppress(Unavailable, TurnTaken):  # an hour later it goes on
                await self.purge()
            await asyncio.sleep(_PAUSE_SECONDS)

    async def purge(self) -> None:
        """Delete everything that is too old. Raises DatabaseAway, TurnTaken."""
        today = milliseconds(self._clock.now()) // DAY_MS
        await self._purge_events(first_key((today - self._event_days) * DAY_MS))
        await self._purge_sheets((today - self._sheet_days) // BLOCK_DAYS * BLOCK_DAYS)

    async def _purge_events(self, key: int) -> None:
        """Whole days. Nobody reads any of a day from the moment on that its first event goes."""
        await self._usage_log.write(partial(_keep_from, key=key))
        gone = self._size
        while gone == self._size:
            began = self._clock.monotonic()
            gone = await self._usage_log.write(partial(_delete_some, before=key, limit=self._size))
            self.purged_events += gone
            await self._make_room(began)

    async def _purge_sheets(self, end_day: int) -> None:
        """Whole blocks of days, subject by subject."""
        behind: tuple[int, int] | None = None
        while True:
            began = self._clock.monotonic()
            prepare = partial(_old_sheets, behind=behind, end_day=end_day, limit=self._size)
            done = await self._turns.change(prepare, _write)
            if done is None:
                return
            self.purged_sheets += len(done.changes)
            behind = done.behind
            await self._make_room(began)

    async def _make_room(self, began: float) -> None:
        await asyncio.sleep(max(_LEAST_PAUSE_SECONDS, _REST * (self._clock.monotonic() - began)))


def _keep_from(connection: Connection, key: int) -> None:
    if key > kept_from(connection):
        keep_from(connection, key)


def _delete_some(connection: Connection, before: int, limit: int) -> int:
    oldest = select(events.c.id).where(events.c.id < before).order_by(events.c.id).limit(limit)
    keys = connection.execute(oldest).scalars().all()
    if keys:
        connection.execute(delete(events).where(events.c.id <= keys[-1]))
        _give_back(connection)
    return len(keys)


def _old_sheets(connection: Connection, behind: tuple[int, int] | None, end_day: int, limit: int) -> _Old | None:
    """Sheets of the next subjects that have old ones; None when there are no more subjects with any."""
    keys: set[int] = set()
    while len(keys) < limit and (subject := sheet_store.next_subject(connection, behind)) is not None:
        behind = subject
        days = sheet_store.sealed_days(connection, *subject, end_day)
        keys |= {sheet_key(Level.DAY, *subject, day) for day in days}
        keys |= {sheet_key(Level.BLOCK, *subject, day // BLOCK_DAYS) for day in days}
    return _Old(dict.fromkeys(keys), behind) if keys else None


def _write(connection: Connection, old: _Old) -> Iterable[int]:
    sheet_store.write(connection, old.changes)
    _give_back(connection)
    return ()


def _give_back(connection: Connection) -> None:
    """Cut free pages off SQLite's file; does nothing in one that was made without (``auto_vacuum``)."""
    if connection.dialect.name == "sqlite":
        cursor = connection.connection.cursor()
        cursor.execute(f"PRAGMA incremental_vacuum({_PAGES})").fetchall()  # a page a step, as long as somebody asks
