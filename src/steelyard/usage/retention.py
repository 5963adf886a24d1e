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
from steelyard.usage.sheet_store import TurnTaken, keyed
from steelyard.usage.sheets import BLOCK_DAYS, Level, period_of, sheet_key
from steelyard.usage.state import keep_from, kept_from
from steelyard.usage.tables import events, sheets
from steelyard.usage.turns import Turns
from steelyard.usage.word_retention import WordRetention

SLICE = 500
_LOOK = 100  # subjects, two statements each: some milliseconds
_BLOCKS = sheet_key(Level.BLOCK, 0, 0, 0)
_FIRST_PAUSE_SECONDS = 60.0  # a server that starts has other things to do
_PAUSE_SECONDS = 3600.0
_LEAST_PAUSE_SECONDS = 0.01
_REST = 4  # times as long as a slice took
_PAGES = 256  # given back at once: more than a slice of events frees


class _Old(NamedTuple):
    """Keys of sheets to take away, and behind which scope and subject to go on."""

    keys: list[int]
    behind: tuple[int, int] | None
    is_end: bool


class _Gone(NamedTuple):
    """How many events were found too old, and how many of them this process deleted."""

    found: int
    deleted: int


class Retention:
    """Deletes what is older than it is kept."""

    def __init__(
        self, usage_log: Database, turns: Turns, clock: Clock, event_days: int, sheet_days: int, size: int = SLICE,
        look: int = _LOOK,
    ) -> None:  # fmt: skip
        """``event_days`` and ``sheet_days`` are how long each is kept; ``size`` is how many rows go at once, two at
        least, ``look`` how many subjects are looked at."""
        self._usage_log = usage_log
        self._turns = turns
        self._clock = clock
        self._event_days = event_days
        self._sheet_days = sheet_days
        self._size = size
        self._look = look
        self.words = WordRetention(usage_log, clock, sheet_days)
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
        gone = _Gone(self._size, 0)
        while gone.found == self._size:
            began = self._clock.monotonic()
            gone = await self._usage_log.write(partial(_delete_some, before=key, limit=self._size))
            self.purged_events += gone.deleted
            await self._make_room(began)

    async def _purge_sheets(self, end_day: int) -> None:
        """Whole blocks of days, subject by subject."""
        behind: tuple[int, int] | None = None
        is_end = False
        while not is_end:
            began = self._clock.monotonic()
            find = partial(_old_sheets, behind=behind, end_day=end_day, limit=self._size, look=self._look)
            keys, behind, is_end = await self._usage_log.read(find)
            if keys:
                self.purged_sheets += await self._take_away(keys)
            await self._make_room(began)

    async def _take_away(self, keys: list[int]) -> int:
        """How many there were: another process may do the same."""
        deleted = 0

        def write(connection: Connection, keys: list[int]) -> Iterable[int]:
            nonlocal deleted
            deleted = connection.execute(delete(sheets).where(keyed(connection, sheets.c.key, keys))).rowcount
            _give_back(connection)
            return {period_of(key) for key in keys if key < _BLOCKS}

        await self._turns.change(lambda _: keys, write)
        return deleted

    async def _make_room(self, began: float) -> None:
        await asyncio.sleep(max(_LEAST_PAUSE_SECONDS, _REST * (self._clock.monotonic() - began)))


def _keep_from(connection: Connection, key: int) -> None:
    if key > kept_from(connection):
        keep_from(connection, key)


def _delete_some(connection: Connection, before: int, limit: int) -> _Gone:
    oldest = select(events.c.id).where(events.c.id < before).order_by(events.c.id).limit(limit)
    keys = connection.execute(oldest).scalars().all()
    if not keys:
        return _Gone(0, 0)
    deleted = connection.execute(delete(events).where(events.c.id <= keys[-1])).rowcount
    _give_back(connection)
    return _Gone(len(keys), deleted)


def _old_sheets(connection: Connection, behind: tuple[int, int] | None, end_day: int, limit: int, look: int) -> _Old:
    """Some sheets of the next subjects that are too old, ``limit`` at most; ``look`` is how many subjects are asked."""
    keys: list[int] = []
    for _ in range(look):
        subject = sheet_store.next_subject(connection, behind)
        if subject is None:
            return _Old(keys, behind, is_end=True)
        of_subject = _keys_of(subject, sheet_store.sealed_days(connection, *subject, end_day))
        if len(keys) + len(of_subject) > limit:  # the rest of this subject comes next
            return _Old(keys + of_subject[: limit - len(keys)], behind, is_end=False)
        keys, behind = keys + of_subject, subject
    return _Old(keys, behind, is_end=False)


def _keys_of(subject: tuple[int, int], days: Iterable[int]) -> list[int]:
    """Each block, then its days."""
    keys = ((sheet_key(Level.BLOCK, *subject, day // BLOCK_DAYS), sheet_key(Level.DAY, *subject, day)) for day in days)
    return list(dict.fromkeys(key for both in keys for key in both))


def _give_back(connection: Connection) -> None:
    """Cut free pages off SQLite's file; does nothing in one that was made without (``auto_vacuum``)."""
    if connection.dialect.name == "sqlite":
        cursor = connection.connection.cursor()
        cursor.execute(f"PRAGMA incremental_vacuum({_PAGES})").fetchall()  # a page a step, as long as somebody asks
