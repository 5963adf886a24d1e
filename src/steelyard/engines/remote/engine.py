"""Finds models on other servers; there is nothing to load."""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Sequence

from steelyard.core.errors import SteelyardError
from steelyard.engines.errors import CannotLoad
from steelyard.engines.listing import names_in
from steelyard.engines.models import Availability, Endpoint, LoadOptions, Weights
from steelyard.engines.remote.fleet import RemoteFleet, Upstream
from steelyard.engines.settings import RemoteSettings
from steelyard.engines.wire import EngineClient

logger = logging.getLogger(__name__)
_EVERY = 30.0  # seconds between two looks at what servers have
_ANSWER_WITHIN = 5.0  # seconds for one look


class RemoteEngine:
    """All servers of the settings. ``now``: seconds of a monotonic clock."""

    name = "remote"

    def __init__(
        self, client: EngineClient, remotes: Sequence[RemoteSettings], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._now = now
        self._looked = -math.inf
        self._looking = asyncio.Lock()
        self._upstreams = [
            Upstream(one.url, one.key.get_secret_value() if one.key else None, dict(one.models), one.weight,
                     one.max_in_flight)
            for one in remotes
        ]  # fmt: skip

    def availability(self) -> Availability:
        """Whether the settings name any."""
        if self._upstreams:
            return Availability(True)
        return Availability(False, "no server is set", "Set engines.remotes to the addresses of servers.")

    def models(self) -> Sequence[str]:
        """What the servers have, as it is called here, as last seen."""
        return sorted({model for upstream in self._upstreams for model in upstream.models})

    def refusal(self, weights: Weights) -> str | None:
        """A model that no server had when they were last asked; one of this depot, unless the settings name it."""
        if any(upstream.name_of(weights) for upstream in self._upstreams):
            return None
        if weights.is_private:
            return "it is private, and stays on this machine"
        if weights.is_here:
            return "it is on this machine, and the settings name it for no server"
        return "no server has it"

    def foresee(self, weights: Weights, options: LoadOptions) -> int:
        """Nothing: it takes another machine's memory."""
        return 0

    async def refresh(self) -> None:
        """Ask the servers what they have, if that was not just done. One that does not answer keeps what it had."""
        async with self._looking:
            if self._now() - self._looked < _EVERY:
                return
            await asyncio.gather(*(self._look(upstream) for upstream in self._upstreams))
            self._looked = self._now()

    async def start(self, weights: Weights, options: LoadOptions) -> "RemoteModel":
        """Raises CannotLoad where no server has it any more."""
        await self.refresh()
        fleet = RemoteFleet(weights, self._upstreams, self._now)
        first = next((one for one in self._upstreams if one.name_of(weights)), None)
        if first is None:
            raise CannotLoad(f"No server has {weights.name} now.", hint="Look at engines.remotes, and at the servers.")
        return RemoteModel(Endpoint(first.url, weights.name, first.key, fleet=fleet))

    async def _look(self, upstream: Upstream) -> None:
        try:
            async with asyncio.timeout(_ANSWER_WITHIN):
                answer = await self._client.get(Endpoint(upstream.url, "", upstream.key), "/v1/models")
        except (SteelyardError, TimeoutError) as error:
            logger.warning(
                "The server %s does not list its models: %s", upstream.url, str(error) or "no answer in time"
            )
            return
        upstream.listed = frozenset(names_in(answer))


class RemoteModel:
    """A model that somebody else has in memory."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._is_stopped = False

    @property
    def endpoint(self) -> Endpoint:
        """All servers that have it."""
        return self._endpoint

    @property
    def is_alive(self) -> bool:
        """Until it is let go; whether a server answers is seen with each request."""
        return not self._is_stopped

    def memory_bytes(self) -> int | None:
        """None of ours."""
        return 0

    def last_lines(self) -> Sequence[str]:
        """Its log is elsewhere."""
        return ()

    async def ended(self) -> None:
        """Never by itself."""
        await asyncio.Event().wait()

    async def stop(self) -> None:
        """Let it go; the server keeps it."""
        self._is_stopped = True
