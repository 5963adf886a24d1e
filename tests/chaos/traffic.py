"""Mixed traffic that knows of each of its requests whether the answer was read to its end.

Every request names a program of its own (``User-Agent``), by which its event is found again.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

import aiohttp

from steelyard.engines.echo.behaviour import Behaviour
from steelyard.engines.echo.server import EchoServer, Tally

SHELF, REMOTE, FILE = "acme/anvil", "acme/elsewhere", "config.json"
_PEOPLE = 20
_GONE = (aiohttp.ClientError, ConnectionError, TimeoutError)


@dataclass
class Traffic:
    """So many connections that ask one thing after the other; ``completed`` has a name for each whole answer."""

    connections: int
    completed: set[str] = field(default_factory=set)
    asked: int = 0
    statuses: dict[str, set[int]] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=count)

    @asynccontextmanager
    async def against(self, url: str) -> AsyncIterator[None]:
        """Ask this depot meanwhile, until it is dead or the block ends."""
        async with aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(limit=self.connections)) as session:
            people = [asyncio.create_task(self._person(session)) for _ in range(self.connections)]
            try:
                yield
            finally:
                for person in people:
                    person.cancel()
                await asyncio.gather(*people, return_exceptions=True)

    async def _person(self, session: aiohttp.ClientSession) -> None:
        while True:
            try:
                await self._ask(session, next(self._numbers))
            except _GONE:
                return

    async def _ask(self, session: aiohttp.ClientSession, number: int) -> None:
        name = f"traffic/{number}"
        headers = {"User-Agent": name, "X-Steelyard-User": f"person-{number % _PEOPLE}"}
        method, path, body = _REQUESTS[number % len(_REQUESTS)]
        self.asked += 1
        async with session.request(method, path, json=body, headers=headers) as answer:
            await answer.read()
            self.statuses.setdefault(f"{method} {path}", set()).add(answer.status)
        self.completed.add(name)


def _chat(*, stream: bool) -> dict[str, object]:
    return {"model": REMOTE, "stream": stream, "messages": [{"role": "user", "content": "hello"}]}


# Of five requests four are what machines send all day, one what a page asks for.
_OFTEN: tuple[tuple[str, str, dict[str, object] | None], ...] = (
    ("GET", f"/hf/{SHELF}/resolve/main/{FILE}", None),
    ("POST", "/v1/chat/completions", _chat(stream=False)),
    ("HEAD", f"/hf/{SHELF}/resolve/main/{FILE}", None),
    ("POST", "/v1/chat/completions", _chat(stream=True)),
)
_SELDOM: tuple[tuple[str, str, dict[str, object] | None], ...] = (
    ("GET", "/api/models?limit=5", None),
    ("GET", f"/api/models/{SHELF}", None),
    ("GET", "/api/models/acme/nowhere", None),
    ("GET", "/api/v1/downloads/history?limit=3", None),
    ("GET", f"/hf/api/models/{SHELF}/revision/main", None),
)
_REQUESTS = tuple(each for seldom in _SELDOM for each in (*_OFTEN, seldom))


@asynccontextmanager
async def remote_engine() -> AsyncIterator[str]:
    """A server that has the model ``REMOTE``; yields its address."""
    server = EchoServer(REMOTE, None, Behaviour, Tally())
    url = await server.open()
    try:
        yield url
    finally:
        await server.close()
