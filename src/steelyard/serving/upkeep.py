"""What has to be looked after while models are in memory: real sizes, and models that are no longer to be used."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from steelyard.catalog.models import MODEL_TOPIC, TRASH_TOPIC
from steelyard.core.errors import Unavailable
from steelyard.core.signals import Signals
from steelyard.serving.keeper import Keeper
from steelyard.serving.servable import Servables

logger = logging.getLogger(__name__)
_PAUSE = 5.0


class Upkeep:
    """``run`` and ``look_around`` are to be kept running in the process that serves."""

    def __init__(
        self, models: Servables, keeper: Keeper, signals: Signals, refresh: Callable[[], Awaitable[None]]
    ) -> None:
        """``refresh`` lets engines look around."""
        self._models = models
        self._keeper = keeper
        self._signals = signals
        self._refresh = refresh

    async def run(self) -> None:
        """Until cancelled: a change of a model is heard at once, sizes are measured now and then.

        What could not be looked up is looked up again: a change is heard only once.
        """
        with self._signals.listen(MODEL_TOPIC, TRASH_TOPIC) as listener:
            self._models.forget()
            is_done = True
            while True:
                signal = await listener.wait(_PAUSE)
                if signal is None:
                    self._keeper.measure()
                else:
                    self._models.forget()
                    listener.drain()
                if signal is not None or not is_done:
                    is_done = await self.follow()

    async def look_around(self) -> None:
        """Until cancelled. By itself: a server that takes its time must not keep changes from being heard."""
        while True:
            await self._refresh()
            await asyncio.sleep(_PAUSE)

    async def follow(self) -> bool:
        """Let models go that were deleted, switched off, or made private or public, and pin those in memory that
        people pinned; other changes unload nothing. Whether all could be looked up."""
        is_done = True
        for weights in {one.key: one for one in self._keeper.known}.values():
            try:
                is_pinned = await self._models.stays(weights)
                if is_pinned is None:
                    self._keeper.dismiss(weights.key)
                else:
                    self._keeper.pin(weights.key, is_pinned=is_pinned)
            except Unavailable:
                logger.warning("cannot look whether %s is still to be used", weights.name)
                is_done = False
        return is_done
