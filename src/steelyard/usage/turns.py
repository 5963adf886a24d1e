"""Turns at the sheets: whoever changes them reads, computes, and then writes only if nobody else wrote meanwhile.

What is read and computed holds up nobody; the transaction that writes is short. Of two processes on one database the
slower one starts over. Within a process they wait for each other.
"""

import asyncio
import random
from collections.abc import Callable, Iterable
from typing import TypeVar

from sqlalchemy import Connection

from steelyard.db.database import Database
from steelyard.usage import day_marks, sheet_store
from steelyard.usage.sheet_store import TurnTaken

T = TypeVar("T")
_TRIES = 50
_PAUSE_SECONDS = 0.05


class Turns:
    """One process's way to the sheets."""

    def __init__(self, database: Database, tries: int = _TRIES) -> None:
        """``tries`` are against others who write sheets; each time one of them got on."""
        self._database = database
        self._tries = tries
        self._only_one = asyncio.Lock()
        self.collisions = 0

    async def change(
        self, prepare: Callable[[Connection], T | None], write: Callable[[Connection, T], Iterable[int]]
    ) -> T | None:
        """Write what was prepared; both are run again when another process was quicker. None was nothing to write.

        ``prepare`` gets a reader. ``write`` returns the days since 1970 of which it has changed counts. Raises
        DatabaseAway, and TurnTaken when many tries were in vain.
        """
        async with self._only_one:
            for _ in range(self._tries):
                try:
                    return await self._try(prepare, write)
                except TurnTaken:
                    self.collisions += 1
                    await asyncio.sleep(_PAUSE_SECONDS * random.random())  # noqa: S311 - no secret
            raise TurnTaken

    async def _try(
        self, prepare: Callable[[Connection], T | None], write: Callable[[Connection, T], Iterable[int]]
    ) -> T | None:
        turn, prepared = await self._database.read(
            lambda connection: (sheet_store.turn(connection), prepare(connection))
        )
        if prepared is None:
            return None

        def in_turn(connection: Connection) -> None:
            sheet_store.take_turn(connection, turn)
            day_marks.mark(connection, set(write(connection, prepared)))

        await self._database.write(in_turn)
        return prepared
