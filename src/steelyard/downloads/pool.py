"""Many pieces of work, a few at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from steelyard.core.threads import ended

T = TypeVar("T")


async def each(items: Iterable[T], at_once: int, work: Callable[[T], Awaitable[None]]) -> None:
    """Do ``work`` for every item; the first error stops the others, which have ended when it is raised."""
    waiting = iter(items)

    async def take_turns() -> None:
        for item in waiting:
            await work(item)

    turns = [asyncio.create_task(take_turns()) for _ in range(at_once)]
    try:
        finished, _ = await asyncio.wait(turns, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for turn in turns:
            turn.cancel()
        await ended(turns)
    for turn in finished:
        turn.result()
