"""A stand-in hub in a thread with its own event loop, for tests and tools that have none or block theirs."""

import asyncio
import threading
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType

from steelyard.testing.hub.server import StandInHub

_START_WITHIN = 10.0  # seconds


class HubThread:
    """``with HubThread() as hub:`` gives the StandInHub itself: adding, ruling and reading work from any thread."""

    def __init__(self, root: Path | None = None, *, port: int = 0) -> None:
        self._hub = StandInHub(root, port=port)
        self._ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._thread = threading.Thread(target=self._run, name="stand-in-hub", daemon=True)

    def __enter__(self) -> StandInHub:
        self._thread.start()
        self._ready.result(_START_WITHIN)
        return self._hub

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        loop, stop = self._ready.result()
        loop.call_soon_threadsafe(stop.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        stop = asyncio.Event()
        try:
            await self._hub.start()
        except OSError as error:
            await self._hub.close()
            self._ready.set_exception(error)
            return
        self._ready.set_result((asyncio.get_running_loop(), stop))
        await stop.wait()
        await self._hub.close()
