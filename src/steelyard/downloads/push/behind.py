"""Hash and write what has come while more comes."""

import asyncio
from collections.abc import Callable
from types import TracebackType

from steelyard.downloads.tools import Tools


class Behind:
    """Work in a thread, one piece behind whoever hands it over; at the end of the block all of it is done."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._task: asyncio.Task[None] | None = None

    async def do(self, work: Callable[[], None]) -> None:
        """Begin with this once the last is done. Raises what the last one raised."""
        await self._end()
        self._task = asyncio.create_task(self._tools.run(work))

    async def __aenter__(self) -> "Behind":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            await self._end()
        elif self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def _end(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            await task
