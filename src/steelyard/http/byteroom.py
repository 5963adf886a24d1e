"""Room for bodies that are held in memory, however many come at once."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class ByteRoom:
    """So many bytes at once, first come, first served. One event loop uses it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._free = most
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def free(self) -> int:
        """Bytes that nobody holds."""
        return self._free

    @asynccontextmanager
    async def hold(self, size: int) -> AsyncIterator[None]:
        """Wait until there is room for so many bytes, and hold it. More than there ever is counts as all of it."""
        size = min(size, self._most)
        await self._take(size)
        try:
            yield
        finally:
            self._free += size
            self._admit()

    async def _take(self, size: int) -> None:
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((size, mine))
        self._admit()
        try:
            await mine
        except asyncio.CancelledError:
            self._leave(size, mine)
            raise

    def _admit(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._free:
            size, first = self._waiting.popleft()
            if not first.done():
                self._free -= size
                first.set_result(None)

    def _leave(self, size: int, mine: "asyncio.Future[None]") -> None:
        """Somebody waits no more: who was let in at the same moment gives the room back, others may move up."""
        if mine.done() and not mine.cancelled():
            self._free += size
        else:
            with suppress(ValueError):  # let in and cancelled in one turn of the loop: it is out of the line already
                self._waiting.remove((size, mine))
        self._admit()
