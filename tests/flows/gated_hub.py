"""A hub that stops in the middle of a file until it is told to go on."""

import asyncio

from aiohttp import web
from aiohttp.typedefs import Handler

from steelyard.testing.hub import StandInHub
from steelyard.testing.hub.faults import Call
from steelyard.testing.hub.plan import read_range
from steelyard.testing.hub.state import CALL

_ANY_SIZE = 10**12


class Gate:
    """Nothing of a file behind ``size`` comes out until ``open``."""

    def __init__(self, name: str, size: int) -> None:
        self.name = name
        self.size = size
        self._reached = asyncio.Event()
        self._opened = asyncio.Event()

    async def reached(self) -> None:
        """Return when somebody asks for what is behind it."""
        async with asyncio.timeout(30):
            await self._reached.wait()

    async def open(self) -> None:
        """Let the rest come, once somebody asks for it."""
        await self.reached()
        self._opened.set()

    async def passed(self, call: Call, start: int) -> None:
        """Return when bytes from ``start`` on may come."""
        if self.name in call.names and start >= self.size and call.method == "GET":
            self._reached.set()
            await self._opened.wait()


class GatedHub(StandInHub):
    """The stand-in, with gates."""

    def __init__(self) -> None:
        super().__init__()
        self._gates: list[Gate] = []

    def gate(self, name: str, size: int) -> Gate:
        """Cut the next answer with the file ``org/name/path`` after so many bytes, and hold back what follows."""
        self.faults.cut_after(name, size)
        self._gates.append(Gate(name, size))
        return self._gates[-1]

    def open_all(self) -> None:
        """Hold back nothing more."""
        self._gates.clear()

    async def _listen(self, app: web.Application, port: int) -> int:
        @web.middleware
        async def wait(request: web.Request, handler: Handler) -> web.StreamResponse:
            asked = read_range(request.headers.get("Range"), _ANY_SIZE)
            for gate in self._gates:
                await gate.passed(request[CALL], asked.start if asked else 0)
            return await handler(request)

        app.middlewares.append(wait)
        return await super()._listen(app, port)
