"""How long it is remembered who changed what, and with what addresses were hidden."""

import asyncio
import logging
from datetime import timedelta

from steelyard.core.clock import Clock
from steelyard.db.database import Database
from steelyard.identity import salts
from steelyard.identity.audit import store

logger = logging.getLogger(__name__)
SHORTEST_DAYS = 30
_ROUND_SECONDS = 3600.0


class Retention:
    """A round at the start and every hour. ``days`` is how long lines of the audit log are kept, at least 30."""

    def __init__(self, database: Database, clock: Clock, days: int) -> None:
        self._database = database
        self._clock = clock
        self._days = timedelta(days=max(days, SHORTEST_DAYS))

    async def run(self) -> None:
        """Keep to it until cancelled. Raises DatabaseAway."""
        while True:
            await self.round()
            await asyncio.sleep(_ROUND_SECONDS)

    async def round(self) -> int:
        """Delete what was kept long enough; returns how many lines of the audit log that were."""
        now = self._clock.now()
        await self._database.write(lambda connection: salts.destroy_old(connection, now.date()))
        before, gone = now - self._days, 0
        while deleted := await self._database.write(lambda connection: store.purge(connection, before)):
            gone += deleted
        if gone:
            logger.info("removed old lines from the audit log", extra={"lines": gone})
        return gone
