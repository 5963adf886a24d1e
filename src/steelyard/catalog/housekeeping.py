"""What the shelf does by itself: put folders where they belong, and purge what was in the trash long enough."""

import asyncio
import logging

from steelyard.catalog.folders import Folders
from steelyard.catalog.models import TRASH_TOPIC
from steelyard.catalog.trash import TrashService
from steelyard.core.signals import Listener, Signals

logger = logging.getLogger(__name__)
_ROUND_SECONDS = 3600.0
_SOON_SECONDS = 1.0
_SILENCE_SECONDS = 0.05


class Housekeeping:
    """A round at the start and every hour; and soon after each deletion, for what its jobs still published.

    A worker that was called off knows it after ``lease_seconds`` at the latest, usually at once.
    """

    def __init__(self, trash: TrashService, folders: Folders, signals: Signals, lease_seconds: float) -> None:
        self._trash = trash
        self._folders = folders
        self._signals = signals
        self._pauses = (_SOON_SECONDS, lease_seconds)

    async def run(self) -> None:
        """Keep house until cancelled."""
        with self._signals.listen(TRASH_TOPIC) as listener:
            await self.round()
            while True:
                if await listener.wait(_ROUND_SECONDS) is None:
                    await self.round()
                else:
                    await self._look_after(listener)

    async def round(self) -> int:
        """Mend and purge; returns how many purges began."""
        await self._mend()
        return await self._trash.purge_due()

    async def _look_after(self, listener: Listener) -> None:
        while await listener.wait(_SILENCE_SECONDS) is not None:
            pass
        for pause in self._pauses:
            await asyncio.sleep(pause)
            await self._mend()

    async def _mend(self) -> None:
        try:
            await self._folders.mend()
        except OSError:
            logger.exception("could not look through the trash; the next round tries again")
