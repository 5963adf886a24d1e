"""A server that nobody should be sent to, and names that mean what a test says."""

import socket
from collections import deque
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult


class Elsewhere:
    """Listens on loopback inside ``async with`` and writes down every request; its answers are ``answer``."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[web.Request] = []
        self.answer: Callable[..., web.Response] = web.Response
        self._runner: web.AppRunner | None = None

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        self.requests.append(request)
        return self.answer(text="inside")


class Names(AbstractResolver):
    """Answers each question with the next of the given lists of addresses; the last one stays."""

    def __init__(self, *answers: Iterable[str]) -> None:
        self._answers = deque(list(answer) for answer in answers)
        self.asked: list[str] = []

    def answer(self, host: str, _port: int = 0) -> list[str]:
        """The addresses of a name, this time."""
        self.asked.append(host)
        return self._answers.popleft() if len(self._answers) > 1 else self._answers[0]

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The same, as a connector wants it."""
        return [
            ResolveResult(
                hostname=host, host=address, port=port, proto=0, flags=socket.AI_NUMERICHOST,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
            )
            for address in self.answer(host)
        ]  # fmt: skip

    async def close(self) -> None:
        """Nothing to close."""
