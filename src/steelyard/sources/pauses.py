"""Hosts that asked us to slow down: one 429 holds every connection to that host."""

import asyncio

from steelyard.core.clock import Clock


class HostPauses:
    """When each host may be asked again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def pause(self, host: str, seconds: float) -> None:
        """Hold the host for at least this long from now."""
        until = self._clock.monotonic() + seconds
        self._until[host] = max(until, self._until.get(host, 0.0))

    async def wait(self, host: str) -> None:
        """Return when the host may be asked."""
        while (rest := self._until.get(host, 0.0) - self._clock.monotonic()) > 0:  # noqa: ASYNC110 - a known time
            await asyncio.sleep(rest)
