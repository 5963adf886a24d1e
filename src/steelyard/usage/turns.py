"""Turns at the sheets: whoever changes them reads, computes, and then writes only if nobody else wrote meanwhile.

What is read and computed holds up nobody; the transaction that writes is short. Of two processes on one database the
slower one starts over. Within a process they wait for each other.

Who computes for seconds would start over for ever beside a fold that takes a turn every second. After some collisions
it reserves the sheets: the others see that, and wait until it has written.
"""

import asyncio
import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TypeVar

from sqlalchemy import Connection

from steelyard.core.clock import Clock, system_clock
from steelyard.core.errors import Unavailable
from steelyard.db.database import Database
from steelyard.usage import day_marks, reservation, sheet_store
from steelyard.usage.events import milliseconds
from steelyard.usage.reservation import Reserved
from steelyard.usage.sheet_store import TurnTaken

T = TypeVar("T")
_TRIES = 50
_PATIENCE = 4  # collisions until the sheets are reserved
_PAUSE_SECONDS = 0.05
_RESERVED_PAUSE_SECONDS = 0.5  # a recount of 100,000 events takes some seconds


class Turns:
    """One process's way to the sheets."""

    def __init__(
        self, database: Database, tries: int = _TRIES, patience: int = _PATIENCE, clock: Clock = system_clock
    ) -> None:
        """``tries`` are against others who write sheets, and each time one of them got on; after ``patience`` of them
        the sheets are reserved."""
        self._database = database
        self._tries = tries
        self._patience = patience
        self._clock = clock
        self._holder = reservation.new_holder()
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
            tried, reserved = 0, False
            try:
                while tried < self._tries:
                    if tried >= self._patience:
                        reserved = await self._reserve() or reserved
                    try:
                        return await self._try(prepare, write)
                    except TurnTaken as taken:
                        self.collisions += 1
                        tried += not isinstance(taken, Reserved)  # a reservation ends by itself
                        await asyncio.sleep(_pause(taken))
                raise TurnTaken
            finally:
                if reserved:
                    with suppress(Unavailable):  # it ends by itself
                        await self._database.write(lambda connection: reservation.give_up(connection, self._holder))

    async def _reserve(self) -> bool:
        now_ms = milliseconds(self._clock.now())
        return await self._database.write(lambda connection: reservation.take(connection, self._holder, now_ms))

    async def _try(
        self, prepare: Callable[[Connection], T | None], write: Callable[[Connection, T], Iterable[int]]
    ) -> T | None:
        def read(connection: Connection) -> tuple[int, T | None]:
            self._require_free(connection)
            return sheet_store.turn(connection), prepare(connection)

        turn, prepared = await self._database.read(read)
        if prepared is None:
            return None

        def in_turn(connection: Connection) -> None:
            sheet_store.take_turn(connection, turn)
            self._require_free(connection)
            day_marks.mark(connection, set(write(connection, prepared)))

        await self._database.write(in_turn)
        return prepared

    def _require_free(self, connection: Connection) -> None:
        reservation.require_free(connection, self._holder, milliseconds(self._clock.now()))


def _pause(taken: TurnTaken) -> float:
    longest = _RESERVED_PAUSE_SECONDS if isinstance(taken, Reserved) else _PAUSE_SECONDS
    return longest * random.random()  # noqa: S311 - no secret
