"""The engine that loads echoes."""

import asyncio
import secrets
from collections.abc import Sequence

from steelyard.engines.echo.behaviour import Behaviour
from steelyard.engines.echo.server import EchoServer, Tally
from steelyard.engines.models import Availability, Endpoint, LoadOptions, Weights


class EchoEngine:
    """Takes any model. ``behaviour`` and ``tally`` are for tests: how it is to behave, and what it has done."""

    name = "echo"

    def __init__(self, behaviour: Behaviour | None = None) -> None:
        self.behaviour = behaviour or Behaviour()
        self.tally = Tally()
        self.loaded: list[LoadedEcho] = []

    def availability(self) -> Availability:
        """Always."""
        return Availability(True)

    def refusal(self, weights: Weights) -> str | None:
        """None: it takes any."""
        return None

    def foresee(self, weights: Weights, options: LoadOptions) -> int:
        """The size of the weights, though it reads none of them; never 0, as it runs here."""
        return max(1, weights.size)

    async def start(self, weights: Weights, options: LoadOptions) -> "LoadedEcho":
        """Load, as the behaviour says."""
        await asyncio.sleep(self.behaviour.load_seconds)
        if self.behaviour.load_gate is not None:
            await self.behaviour.load_gate.wait()
        if self.behaviour.load_error is not None:
            raise self.behaviour.load_error
        key = secrets.token_urlsafe(16)
        server = EchoServer(weights.name, key, lambda: self.behaviour, self.tally)
        url, gives = await server.open(), self.behaviour.gives_logprobs
        echo = LoadedEcho(server, Endpoint(url, weights.name, key, gives_logprobs=gives), self)
        self.loaded.append(echo)
        return echo


def create(_: object) -> EchoEngine:
    """As the registry makes it, whatever the settings are."""
    return EchoEngine()


class LoadedEcho:
    """One echo that answers."""

    def __init__(self, server: EchoServer, endpoint: Endpoint, engine: EchoEngine) -> None:
        self._server = server
        self._endpoint = endpoint
        self._engine = engine
        self._over = asyncio.Event()

    @property
    def endpoint(self) -> Endpoint:
        """Where it answers."""
        return self._endpoint

    @property
    def is_alive(self) -> bool:
        """Until it is stopped or crashes."""
        return not self._over.is_set()

    def memory_bytes(self) -> int | None:
        """What the behaviour says."""
        return self._engine.behaviour.memory if self.is_alive else None

    def last_lines(self) -> Sequence[str]:
        """None to speak of."""
        return ("echo: ready",) if self.is_alive else ("echo: ready", "echo: gone")

    async def ended(self) -> None:
        """Return when it is over."""
        await self._over.wait()

    async def crash(self) -> None:
        """End without being told to, in the middle of everything."""
        await self._close()

    async def stop(self) -> None:
        """End."""
        await self._close()

    async def _close(self) -> None:
        if self.is_alive:
            self._over.set()
            self._engine.loaded.remove(self)
            await self._server.close()
