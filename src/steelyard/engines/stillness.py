"""Tells a load that takes its time from one that hangs: it reads, or it writes what it does."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol, TypeVar

from steelyard.engines.errors import CannotLoad

T = TypeVar("T")
_LOOK = 2.0  # seconds between two looks
_LONGEST = 60.0  # seconds without a sign of life; a template with a loop in a loop keeps llama.cpp busy for hours
_GROWTH = 2**20  # bytes; less is the noise of a busy process


class Watched(Protocol):
    """A process; ``child.Child`` is one."""

    def memory_bytes(self) -> int | None:
        """What it has in memory."""

    def last_lines(self) -> Sequence[str]:
        """The end of what it wrote."""


async def unless_still(
    process: Watched, work: Coroutine[Any, Any, T], name: str, longest: float = _LONGEST, look: float = _LOOK
) -> T:
    """What the work comes to, as long as its process grows or writes. Raises CannotLoad when it does neither."""
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
    size, lines, since = 0, tuple[str, ...](), asyncio.get_running_loop().time()
    try:
        while not (await asyncio.wait({task}, timeout=look))[0]:
            grown, said = process.memory_bytes() or 0, tuple(process.last_lines()[-3:])
            if grown >= size + _GROWTH or said != lines:
                size, lines, since = grown, said, loop.time()
            elif loop.time() - since >= longest:
                raise CannotLoad(
                    f"Loading {name} came to a standstill: {longest:g} s without a sign of life.",
                    hint="Its chat template or its file may be to blame: try another variant of the model.",
                )
        return task.result()
    finally:
        task.cancel()
