"""Hosts that asked us to slow down: one 429 holds every connection to that host."""

import asyncio

from steelyard.core.clock import Clock
from steelyard.sources.errors import BY_ITSELF, UpstreamBusy

LONGEST_WAIT = 60.0  # seconds that somebody waits within a job; beyond, the job itself is put off
_LONGEST_PAUSE = 3600.0


class HostPauses:
    """When each host may be asked again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def pause(self, host: str, seconds: float) -> None:
        """Hold the host for at least this long from now, but never longer than an hour."""
        until = self._clock.monotonic() + min(seconds, _LONGEST_PAUSE)
        self._until[host] = max(until, self._until.get(host, 0.0))

    async def wait(self, host: str) -> None:
        """Return when the host may be asked. Raises UpstreamBusy when that is too long to hold a worker for."""
        while (rest := self._until.get(host, 0.0) - self._clock.monotonic()) > 0:
            if rest > LONGEST_WAIT:  # looked at each time: another answer may have made the pause longer meanwhile
                detail = f"{host} asked for a pause, of which {rest:.0f} s are left."
                raise UpstreamBusy(detail, hint=BY_ITSELF, retry_after=rest)
            await asyncio.sleep(rest)
