"""Many pieces of work, a few at a time; and threads that are never left behind."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
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
        finished, _ = await asyncio.wait(turns, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for turn in turns:
            turn.cancel()
        await ended(turns)
    for turn in finished:
        turn.result()


async def unabandoned(work: asyncio.Future[T]) -> T:
    """Await a thread's work; when cancelled, wait for its end all the same: none may go on writing unseen."""
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await ended([work])
        raise


async def ended(work: Collection[asyncio.Future[T]]) -> None:
    """Return when all of it has ended, however often somebody cancels the wait; that is raised then."""
    cancelled: asyncio.CancelledError | None = None
    while not all(piece.done() for piece in work):
        try:
            await asyncio.wait(work)
        except asyncio.CancelledError as error:
            cancelled = error
    for piece in work:
        if not piece.cancelled():
            piece.exception()  # fetched here: beside a cancel nobody else does, and asyncio logs it as an accident
    if cancelled is not None:
        raise cancelled
