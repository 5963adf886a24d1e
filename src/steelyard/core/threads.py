"""Threads that are never left behind: whoever awaits their work waits for its end, cancelled or not."""

import asyncio
from collections.abc import Collection
from typing import TypeVar

T = TypeVar("T")


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
