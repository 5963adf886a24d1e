"""Scans that nobody asks for: soon after the start, and every so many hours."""

import asyncio
import logging
from datetime import datetime, timedelta

from steelyard.catalog.care import checks
from steelyard.catalog.care.errors import StoreNotThere
from steelyard.catalog.care.guard import require_store
from steelyard.catalog.care.service import CareService
from steelyard.catalog.care.settings import CareSettings
from steelyard.catalog.care.tools import CareTools
from steelyard.core.clock import Clock

logger = logging.getLogger(__name__)
_ROUND_SECONDS = 300.0
_FRESH = timedelta(hours=1)  # a depot that is started again and again does not scan each time


class ScanSchedule:
    """Asks for scans. Several processes may run one each: at most one scan is alive."""

    def __init__(self, tools: CareTools, service: CareService, settings: CareSettings) -> None:
        self._tools = tools
        self._service = service
        self._delay = settings.scan_delay_seconds
        self.every = settings.every

    async def run(self) -> None:
        """Ask until cancelled."""
        await self.introduce()
        await asyncio.sleep(self._delay)
        await self.ask(min(self.every, _FRESH))
        while True:
            await asyncio.sleep(_ROUND_SECONDS)
            await self.ask(self.every)

    async def introduce(self) -> None:
        """Give the store its name while it surely is there, so that another disk in its place is noticed later."""
        try:
            await require_store(self._tools)
        except (StoreNotThere, OSError) as error:
            logger.warning("the store is not as it should be", extra={"error": str(error)})

    async def ask(self, every: timedelta) -> bool:
        """Ask for a scan when the last one is so long ago; returns whether."""
        record = await self._tools.database.read(checks.store_record)
        if not self.every or not is_due(record.scanned_at, every, self._tools.clock):
            return False
        await self._service.scan(None)
        return True


def is_due(last: datetime | None, every: timedelta, clock: Clock) -> bool:
    """Whether the last scan is at least so long ago, or there was none."""
    return last is None or clock.now() - last >= every
