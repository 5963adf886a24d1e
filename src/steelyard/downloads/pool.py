"""Many pieces of work, a few at a time; and threads that are never left behind."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def each(items: Iterable[T], at_once: int, work: Callable[[T], Awaitable[None]]) -> None:
    """Do ``work`` for every item; the first error stops the others, which have ended when it is raised."""
    waiting = iter(items)

    async def take_turns() -> None:
        for item in waiting:
            await work(item)

    turns = [asyncio.create_task(take_turns()) for _ in range(at_once)]
    try:
        await asyncio.gather(*turns)
    finally:
        for turn in turns:
            turn.cancel()
        await asyncio.wait(turns)


async def unabandoned(work: asyncio.Future[T]) -> T:
    """Await a thread's work; when cancelled, wait for its end all the same: none may go on writing unseen."""
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait({work})
        raise
