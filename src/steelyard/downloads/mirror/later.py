"""What is to be written down once the database is back: who got what while it was away."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable

from steelyard.core.errors import SteelyardError
from steelyard.db.errors import DatabaseAway

logger = logging.getLogger(__name__)
_MANY = 10_000
_PAUSE_SECONDS = 1.0
Deed = Callable[[], Awaitable[object]]


class Later:
    """Deeds by their keys, the same one once. They are in memory only: the log of events has each request too."""

    def __init__(self, pause: float = _PAUSE_SECONDS) -> None:
        """``pause`` is in seconds: between two tries."""
        self._waiting: dict[Hashable, Deed] = {}
        self._filled = asyncio.Event()
        self._pause = pause

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, key: Hashable, deed: Deed) -> None:
        """Do it when the database is back; the oldest is given up when there are too many."""
        if len(self._waiting) >= _MANY and key not in self._waiting:
            self._waiting.pop(next(iter(self._waiting)))
            logger.warning("too many records wait for the database; the oldest is given up")
        self._waiting[key] = deed
        self._filled.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._filled.wait()
            await asyncio.sleep(self._pause)
            await self._do_all()

    async def _do_all(self) -> None:
        for key, deed in list(self._waiting.items()):
            try:
                await deed()
            except DatabaseAway:
                return
            except SteelyardError as error:
                logger.info("a record of what was sent meanwhile is left out", extra={"reason": error.detail})
            except Exception:
                logger.exception("a record of what was sent meanwhile could not be written and is left out")
            self._waiting.pop(key, None)
        if not self._waiting:
            self._filled.clear()
