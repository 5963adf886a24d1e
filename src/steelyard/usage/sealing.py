"""Sealing: loose sheets of past hours are worked into the sheets of their days, some hundreds at a time.

Counts stay as they are. A sealed day takes a third of the bytes, and is read with one row.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import Connection, select

from steelyard.core.clock import Clock
from steelyard.core.errors import Unavailable
from steelyard.usage import sheet_store
from steelyard.usage.events import milliseconds
from steelyard.usage.keys import HOUR_MS, HOURS
from steelyard.usage.sheet_changes import Changes, day_of, sealed_days
from steelyard.usage.sheet_store import TurnTaken
from steelyard.usage.sheets import Level, period_of, sheet_key
from steelyard.usage.tables import sheets
from steelyard.usage.turns import Turns

_LOOK = 600  # loose sheets: some 50 days, which are written in 10 ms
_PAUSE_SECONDS = 30.0
_SETTLED = 2  # hours: most that comes late comes within them
_MANY = 8  # hours of an unfinished day that are worth being sealed


class _Prepared(NamedTuple):
    behind: int  # the key up to which was looked
    changes: Changes


class Sealing:
    """Seals what is past."""

    def __init__(self, turns: Turns, clock: Clock, look: int = _LOOK) -> None:
        self._turns = turns
        self._clock = clock
        self._look = look
        self.sealed = 0  # loose sheets

    async def run(self) -> None:
        """Seal what is past every half a minute, until cancelled."""
        while True:
            await asyncio.sleep(_PAUSE_SECONDS)
            with suppress(Unavailable, TurnTaken):  # the next round goes on
                await self.seal()

    async def seal(self, *, everything: bool = False) -> None:
        """Look through all loose sheets once, and seal those that are past, or all of them. Raises DatabaseAway."""
        now = milliseconds(self._clock.now()) // HOUR_MS
        settled = sheet_key(0, 0, 1, 0) if everything else now - _SETTLED
        behind: int | None = -1
        while behind is not None:
            behind = await self._seal_some(behind, settled)

    async def _seal_some(self, behind: int, settled: int) -> int | None:
        done = await self._turns.change(
            lambda connection: _prepare(connection, behind, settled, self._look), lambda *both: self._write(*both)
        )
        return None if done is None else done.behind

    def _write(self, connection: Connection, prepared: _Prepared) -> Iterable[int]:
        sheet_store.write(connection, prepared.changes)
        self.sealed += sum(sheet is None for sheet in prepared.changes.values())
        return ()


def _prepare(connection: Connection, behind: int, settled: int, look: int) -> _Prepared | None:
    loose = select(sheets.c.key).where(sheets.c.key > behind, sheets.c.key < sheet_key(Level.DAY, 0, 0, 0))
    keys = connection.execute(loose.order_by(sheets.c.key).limit(look)).scalars().all()
    if not keys:
        return None
    chosen = to_seal(keys, settled)
    return _Prepared(keys[-1], sealed_days(connection, chosen) if chosen else {})


def to_seal(keys: Sequence[int], settled: int) -> list[int]:
    """Which of these loose sheets, in their order, are to be sealed: those of hours before ``settled`` of days that
    are over by then, or of which there are many."""
    chosen: list[int] = []
    for (_, _, day), of_day in groupby(keys, day_of):
        past = [key for key in of_day if period_of(key) < settled]
        if (day + 1) * HOURS <= settled or len(past) >= _MANY:
            chosen += past
    return chosen
