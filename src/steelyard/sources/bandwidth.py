"""A ceiling on bytes per second over all downloads together."""

import asyncio

from steelyard.core.clock import Clock

_BURST_SECONDS = 0.5


class Bandwidth:
    """Paces whoever takes bytes. Fair enough: each taker waits until its own bytes fit the line."""

    def __init__(self, clock: Clock, bytes_per_second: int | None) -> None:
        self._clock = clock
        self._rate = bytes_per_second
        self._line_free_at = 0.0

    async def take(self, size: int) -> None:
        """Wait until ``size`` more bytes are within the limit; without one, return at once."""
        if self._rate is None:
            return
        now = self._clock.monotonic()
        self._line_free_at = max(self._line_free_at, now - _BURST_SECONDS) + size / self._rate
        if self._line_free_at > now:
            await asyncio.sleep(self._line_free_at - now)
