"""What the shelf does by itself: put folders where they belong, and purge what was in the trash long enough."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from steelyard.catalog.folders import Folders
from steelyard.catalog.models import TRASH_TOPIC
from steelyard.catalog.trash import TrashService
from steelyard.core.errors import Unavailable
from steelyard.core.signals import Listener, Signals

logger = logging.getLogger(__name__)
_ROUND_SECONDS = 3600.0
_SOON_SECONDS = 1.0
_SILENCE_SECONDS = 0.05


class Housekeeping:
    """A round at the start and every hour; and soon after each deletion, for what its jobs still published.

    A worker that was called off knows it after ``lease_seconds`` at the latest, usually at once.
    """

    def __init__(
        self,
        trash: TrashService,
        folders: Folders,
        signals: Signals,
        lease_seconds: float,
        require_store: Callable[[], Awaitable[None]],
        round_seconds: float = _ROUND_SECONDS,
    ) -> None:
        """``require_store`` raises an Unavailable when the store is not there: nothing is moved or purged then."""
        self._trash = trash
        self._folders = folders
        self._signals = signals
        self._require_store = require_store
        self._pauses = (_SOON_SECONDS, lease_seconds)
        self._round_seconds = round_seconds

    async def run(self) -> None:
        """Keep house until cancelled."""
        loop = asyncio.get_running_loop()
        with self._signals.listen(TRASH_TOPIC) as listener:
            while True:
                await self.round()
                end = loop.time() + self._round_seconds
                while (left := end - loop.time()) > 0:
                    if await listener.wait(left) is not None:
                        await self._look_after(listener, end)

    async def round(self) -> int:
        """Mend and purge; returns how many purges began: none where the store is away."""
        return await self._trash.purge_due() if await self._mend() else 0

    async def _look_after(self, listener: Listener, end: float) -> None:
        now = asyncio.get_running_loop().time
        while now() < end and await listener.wait(_SILENCE_SECONDS) is not None:
            pass
        for pause in self._pauses:
            await asyncio.sleep(pause)
            await self._mend()

    async def _mend(self) -> bool:
        """Returns whether the store is there."""
        try:
            await self._require_store()
        except Unavailable as error:
            logger.warning("the shelf was left alone: %s", error.detail, extra={"hint": error.hint})
            return False
        try:
            await self._folders.mend()
        except OSError:
            logger.exception("could not look through the trash; the next round tries again")
        return True
