"""Retention of words: addresses, programs, error codes and parameters that nothing uses any more go.

Once a day somebody looks what rows and sheets use. What was unused two days ago and still is goes; what is unused for
the first time is marked (``unused``). Names of models and types of events stay: the lifetime totals count them. So do
single parameters, of which each name has 200 at most. The highest number stays as well, so that none is given twice.

What somebody was is gone within four days after the last row with it: an address, once its person was forgotten.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection, Table, func, select, update

from steelyard.core.clock import Clock
from steelyard.core.errors import Unavailable
from steelyard.db.database import Database
from steelyard.db.upsert import insert_new
from steelyard.usage import sheet_store, unused
from steelyard.usage.events import milliseconds
from steelyard.usage.keys import DAY_MS
from steelyard.usage.sheets import BLOCK_DAYS, Dim, Level, Scope, of_dim, sheet_key, subject_of
from steelyard.usage.tables import events, hot, sheets, state, words
from steelyard.usage.words import REMEMBERED_SECONDS, WordKind

T = TypeVar("T")
KINDS = (WordKind.ADDRESS, WordKind.AGENT, WordKind.ERROR, WordKind.PARAMETERS)
_DIMS = (Dim.ADDRESS, Dim.FAILED_ADDRESS, Dim.ERROR, Dim.AGENT)
_COLUMNS = ("address", "agent", "error_code", "parameter_word")
_SETTLED_MS = int(8 * REMEMBERED_SECONDS * 1000)
_ROUND_MS = 20 * 3_600_000  # less than a day, so that a round every hour begins it once a day
_LAST = "words_looked_at"
_FIRST_PAUSE_SECONDS = 600.0  # a server that starts has other things to do
_PAUSE_SECONDS = 3600.0
_REST = 4  # times as long as a look took
_AT_ONCE = 500  # words
_LOOK = 20_000  # rows of the log, some 20 ms


class WordRetention:
    """Removes words that nothing uses."""

    def __init__(
        self, usage_log: Database, clock: Clock, sheet_days: int, *, look: int = _LOOK, at_once: int = _AT_ONCE
    ) -> None:
        """``sheet_days`` is how long counts are kept; ``look`` how many rows are read, ``at_once`` how many words are
        changed in a transaction."""
        self._usage_log = usage_log
        self._clock = clock
        self._sheet_days = sheet_days
        self._look = look
        self._at_once = at_once
        self.removed = 0

    async def run(self) -> None:
        """Look once a day, one process for all, until cancelled."""
        await asyncio.sleep(_FIRST_PAUSE_SECONDS)
        while True:
            with suppress(Unavailable):  # an hour later it goes on
                if await self._usage_log.write(partial(begin_round, now_ms=self._now_ms())):
                    await self.sweep()
            await asyncio.sleep(_PAUSE_SECONDS)

    async def sweep(self) -> None:
        """Mark what is unused now, and remove what was two days ago as well. Raises DatabaseAway."""
        began_ms = self._now_ms()
        candidates = await self._usage_log.read(_all_words)
        candidates -= await self._in_sheets()
        candidates -= await self._in_events(candidates)
        old = await self._usage_log.read(unused.marked)
        await self._change(old - candidates, unused.unmark)
        await self._change(candidates - old, partial(unused.mark, now_ms=began_ms))
        ripe = candidates & await self._usage_log.read(partial(unused.marked, before_ms=began_ms - _SETTLED_MS))
        for some in self._portions(ripe):
            gone = await self._usage_log.write(partial(unused.remove, numbers=some, before_ms=began_ms - _SETTLED_MS))
            self.removed += gone

    async def _in_sheets(self) -> set[int]:
        """The words that sheets name: those of the depot and of addresses have what the others have.

        But for programs of somebody forgotten, of days whose events were gone by then: these are left in sheets of
        models, and their names shall go.
        """
        used: set[int] = await self._read(_loose)
        behind: int | None = 0
        while behind is not None:
            found, behind = await self._read(partial(_sealed, behind=behind, look=self._at_once))
            used |= found
        today = self._now_ms() // DAY_MS
        first = today - self._sheet_days - 2 * BLOCK_DAYS  # sheets go by whole blocks
        for day in range(first, today + 2, BLOCK_DAYS):
            used |= await self._read(partial(_of_days, first_day=day, end_day=day + BLOCK_DAYS))
        return used

    async def _in_events(self, candidates: set[int]) -> set[int]:
        """Those of these words that an event has, folded or not. What waits first: the fold moves it to the log."""
        if not candidates:
            return set()
        used: set[int] = set()
        for table in (hot, events):
            behind: int | None = -1
            while behind is not None:
                found, behind = await self._read(partial(_of_rows, table=table, behind=behind, look=self._look))
                used |= found
        return used & candidates

    async def _read(self, work: Callable[[Connection], T]) -> T:
        began = self._clock.monotonic()
        found = await self._usage_log.read(work)
        await asyncio.sleep(_REST * max(0.0, self._clock.monotonic() - began))
        return found

    async def _change(self, numbers: set[int], change: Callable[..., None]) -> None:
        for some in self._portions(numbers):
            await self._usage_log.write(partial(change, numbers=some))

    def _portions(self, numbers: set[int]) -> Iterable[list[int]]:
        in_order = sorted(numbers)
        return (in_order[start : start + self._at_once] for start in range(0, len(in_order), self._at_once))

    def _now_ms(self) -> int:
        return milliseconds(self._clock.now())


def begin_round(connection: Connection, now_ms: int) -> bool:
    """Whether the last round is long enough ago, and nobody else begins one now."""
    insert_new(connection, state, [{"name": _LAST, "value": 0}], ["name"])
    due = update(state).where(state.c.name == _LAST, state.c.value <= now_ms - _ROUND_MS).values(value=now_ms)
    return connection.execute(due).rowcount == 1


def _all_words(connection: Connection) -> set[int]:
    newest = connection.execute(select(func.max(words.c.id))).scalar_one()
    these = select(words.c.id).where(words.c.kind.in_([int(kind) for kind in KINDS]), words.c.id < (newest or 0))
    return set(connection.execute(these).scalars())


def _loose(connection: Connection) -> set[int]:
    """The addresses that have loose sheets: few, of the last hours."""
    first, end = (sheet_key(Level.HOUR, scope, 0, 0) for scope in (Scope.ADDRESS, Scope.ADDRESS + 1))
    keys = connection.execute(select(sheets.c.key).where(sheets.c.key >= first, sheets.c.key < end)).scalars()
    return {subject_of(key) for key in keys}


def _sealed(connection: Connection, behind: int, look: int) -> tuple[set[int], int | None]:
    """Some addresses behind this one that have sealed days; and behind which to go on, None at the end."""
    found = set[int]()
    for _ in range(look):
        following = sheet_store.next_subject(connection, (int(Scope.ADDRESS), behind))
        if following is None or following[0] != Scope.ADDRESS:
            return found, None
        behind = following[1]
        found.add(behind)
    return found, behind


def _of_days(connection: Connection, first_day: int, end_day: int) -> set[int]:
    """What the depot's bags of these days name."""
    found = set[int]()
    for sheet in sheet_store.read_days(connection, Scope.DEPOT, 0, first_day, end_day, series=False, bags=True):
        for dim in _DIMS:
            found |= of_dim(sheet.bag, dim).keys()
    return found


def _of_rows(connection: Connection, table: Table, behind: int, look: int) -> tuple[set[int], int | None]:
    """What the next events behind this key name; and behind which to go on, None at the end."""
    columns = [table.c[name] for name in _COLUMNS]
    these = select(table.c.id, *columns).where(table.c.id > behind).order_by(table.c.id).limit(look).subquery()
    last, number = connection.execute(select(func.max(these.c.id), func.count()).select_from(these)).one()
    found = set[int]()
    for name in _COLUMNS:
        found.update(connection.execute(select(these.c[name]).where(these.c[name].is_not(None)).distinct()).scalars())
    return found, last if number == look else None
