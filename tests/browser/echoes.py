"""A server that echoes, in a thread of its own: as slow as a test says, and it counts what it works on."""

import asyncio
import threading
from concurrent.futures import Future
from types import TracebackType
from typing import Self

from steelyard.engines.echo.behaviour import Behaviour
from steelyard.engines.echo.server import EchoServer, Tally

_WITHIN = 10.0  # seconds to start and to end


class EchoThread:
    """``with EchoThread("org/name") as echo:`` answers at ``echo.url``. ``behaviour`` may be set at any time."""

    def __init__(self, model: str) -> None:
        self.behaviour = Behaviour()
        self.tally = Tally()
        self.url = ""
        self._model = model
        self._ready: Future[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="echo", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.url, *_ = self._ready.result(_WITHIN)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _, loop, stop = self._ready.result(_WITHIN)
        loop.call_soon_threadsafe(stop.set)
        self._thread.join(_WITHIN)

    async def _serve(self) -> None:
        server, stop = EchoServer(self._model, None, lambda: self.behaviour, self.tally), asyncio.Event()
        self._ready.set_result((await server.open(), asyncio.get_running_loop(), stop))
        await stop.wait()
        await server.close()
