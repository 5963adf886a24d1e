"""In the background: starts become failures when their end does not come in time, and failures go when it comes late.

Also forgets requests that have ended long ago, and the ids of events that are too old to be reported again.
"""

import asyncio
import logging
from functools import partial

from sqlalchemy.exc import IntegrityError

from steelyard.core.clock import Clock
from steelyard.core.errors import Unavailable
from steelyard.db.database import Database
from steelyard.usage.events import milliseconds
from steelyard.usage.intake import overdue
from steelyard.usage.intake.limits import IntakeLimits
from steelyard.usage.intake.overdue import Start
from steelyard.usage.keys import DAY_MS, EventKeys
from steelyard.usage.sheet_store import TurnTaken
from steelyard.usage.spelling import Spelling
from steelyard.usage.turns import Turns
from steelyard.usage.words import Dictionary

logger = logging.getLogger(__name__)
_PAUSE_SECONDS = 2.0
_BREATH_SECONDS = 0.02  # between two slices of what is forgotten: others write meanwhile
_TRIES = 3


class Unfinished:
    """Looks after starts that wait. Several processes may do so at once."""

    def __init__(self, database: Database, clock: Clock, turns: Turns, limits: IntakeLimits) -> None:
        self._database = database
        self._clock = clock
        self._turns = turns
        self._limits = limits
        self._dictionary = Dictionary()
        self._spelling = Spelling()
        self._keys = EventKeys()
        self._forgotten_on = 0  # the day since 1970

    async def run(self) -> None:
        """Look every few seconds, until cancelled."""
        while True:
            try:
                await self.look()
            except (TurnTaken, Unavailable) as error:
                logger.info("unfinished events are looked at later: %r", error)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def look(self) -> None:
        """Do all that is to be done by now. Raises DatabaseAway, TurnTaken."""
        while await self.fail_some():
            pass
        while await self.correct_some():
            pass
        await self._forget_settled()
        await self._forget_old()

    async def fail_some(self) -> int:
        """Count as failed some whose time is over; returns how many were looked at."""
        now_ms = milliseconds(self._clock.now())
        starts = await self._database.read(lambda connection: overdue.due(connection, now_ms))
        if not starts:
            return 0
        await self._fail(starts)
        return len(starts)

    async def correct_some(self) -> int:
        """Take out some failures whose end came after all; returns how many."""
        prepare = partial(overdue.mistaken, spelling=self._spelling)
        ended_ms = milliseconds(self._clock.now()) + self._limits.ended_ms
        found = await self._turns.change(prepare, partial(overdue.take_out, ended_ms=ended_ms))
        return 0 if found is None else len(found.starts)

    async def _fail(self, starts: list[Start]) -> None:
        kept_ms = self._limits.oldest_ms + DAY_MS
        for attempt in range(1, _TRIES + 1):
            try:
                known = await self._database.write(
                    lambda connection: overdue.fail(connection, starts, self._dictionary, self._keys, kept_ms)
                )
            except IntegrityError:  # another process took one of the keys
                if attempt == _TRIES:
                    raise
            else:
                self._dictionary.keep(known)
                return

    async def _forget_settled(self) -> None:
        now_ms = milliseconds(self._clock.now())
        left = 1
        while left:
            left = await self._database.write(lambda connection: overdue.forget_some(connection, now_ms))
            await asyncio.sleep(_BREATH_SECONDS if left else 0)

    async def _forget_old(self) -> None:
        before_ms = milliseconds(self._clock.now()) - self._limits.oldest_ms - DAY_MS
        if before_ms // DAY_MS == self._forgotten_on:
            return
        left = 1
        while left:
            left = await self._database.write(lambda connection: overdue.forget_old(connection, before_ms))
            await asyncio.sleep(_BREATH_SECONDS)
        self._forgotten_on = before_ms // DAY_MS
