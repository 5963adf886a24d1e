"""Quarantine, looked through at the start and every hour: what an earlier version left there, what a newer scanner lets
pass, and what a crash left undone."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from steelyard.catalog.pickles.screening import Screening
from steelyard.core.errors import Unavailable

logger = logging.getLogger(__name__)
_ROUND_SECONDS = 3600.0


class QuarantineRounds:
    """One round after the other; none while the store is away."""

    def __init__(self, screening: Screening, require_store: Callable[[], Awaitable[None]]) -> None:
        """``require_store`` raises an Unavailable when the store is not there: nothing is moved then."""
        self._screening = screening
        self._require_store = require_store

    async def run(self) -> None:
        """Go round until cancelled."""
        while True:
            await self.round()
            await asyncio.sleep(_ROUND_SECONDS)

    async def round(self) -> int:
        """Returns how many files were scanned."""
        try:
            await self._require_store()
        except Unavailable as error:
            logger.warning("the quarantine was left alone: %s", error.detail, extra={"hint": error.hint})
            return 0
        return await self._screening.round()
