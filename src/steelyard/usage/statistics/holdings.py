"""How many bytes the store held on each UTC day, noted while the depot runs: what is deleted leaves no other trace."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from sqlalchemy import Connection, select

from steelyard.core.clock import Clock
from steelyard.core.errors import Unavailable
from steelyard.db.database import Database
from steelyard.db.upsert import insert_or_update
from steelyard.usage.events import milliseconds
from steelyard.usage.keys import DAY_MS, QUARTER_MS, QUARTERS
from steelyard.usage.statistics.growth import Sample
from steelyard.usage.tables import state

_PREFIX = "held "  # in ``usage_state``, before the day since 1970
_PAUSE_SECONDS = 3600.0


class Holdings:
    """Notes what is held, and tells what was."""

    def __init__(self, usage_log: Database, held: Callable[[], Awaitable[int]], clock: Clock) -> None:
        """``held`` tells how many bytes there are now."""
        self._usage_log = usage_log
        self._held = held
        self._clock = clock

    async def run(self) -> None:
        """Note it at the start and every hour, until cancelled: the last note of a day stands."""
        while True:
            with suppress(Unavailable):  # an hour later it goes on
                await self.note()
            await asyncio.sleep(_PAUSE_SECONDS)

    async def note(self) -> None:
        """Note what is held now. Raises DatabaseAway."""
        held, day = await self._held(), milliseconds(self._clock.now()) // DAY_MS
        row = {"name": _name(day), "value": held}
        await self._usage_log.write(lambda one: insert_or_update(one, state, row, ["name"], {"value": held}))

    async def samples(self, held: int) -> list[Sample]:
        """What was held at the ends of past days, as far as that was noted, and ``held`` now. Raises DatabaseAway."""
        now_ms = milliseconds(self._clock.now())
        past = await self._usage_log.read(lambda one: _read(one, now_ms // DAY_MS))
        return [*past, Sample(-(-now_ms // QUARTER_MS), held)]


def _read(connection: Connection, end_day: int) -> list[Sample]:
    """The notes of the days before ``end_day``."""
    these = state.c.name.between(_name(0), _name(end_day - 1))
    noted = connection.execute(select(state.c.name, state.c.value).where(these).order_by(state.c.name))
    return [Sample((int(name.removeprefix(_PREFIX)) + 1) * QUARTERS, int(value)) for name, value in noted]


def _name(day: int) -> str:
    return f"{_PREFIX}{day:07d}"
