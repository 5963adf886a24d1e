"""However often somebody cancels: whoever waits for threads returns when they have ended, and not before."""

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from steelyard.core.threads import ended, unabandoned
from steelyard.downloads.pool import each

OFTEN = 5


class Hold:
    """Work in a thread that ends when the test says so."""

    def __init__(self) -> None:
        self._go = threading.Event()
        self._threads = ThreadPoolExecutor(4)
        self.running = 0
        self.error: Exception | None = None

    def start(self) -> asyncio.Future[int]:
        """One more piece of work."""
        self.running += 1
        return asyncio.get_running_loop().run_in_executor(self._threads, self._work)

    def release(self) -> None:
        """Let all of it end."""
        self._go.set()

    def close(self) -> None:
        """No thread stays behind."""
        self.release()
        self._threads.shutdown()

    def _work(self) -> int:
        self._go.wait()
        self.running -= 1
        if self.error is not None:
            raise self.error
        return 7


@pytest.fixture
async def hold() -> AsyncIterator[Hold]:
    """Threads that end with the test."""
    hold = Hold()
    yield hold
    hold.close()


async def cancelled_often(work: Awaitable[Any]) -> asyncio.Task[Any]:
    """A task that was cancelled again and again, each time after it had the chance to end."""
    task = asyncio.ensure_future(work)
    await asyncio.sleep(0)
    for _ in range(OFTEN):
        for _ in range(5):
            await asyncio.sleep(0)
        task.cancel()
    for _ in range(20):
        await asyncio.sleep(0)
    assert isinstance(task, asyncio.Task)
    return task


def ways(hold: Hold) -> dict[str, Callable[[], Awaitable[Any]]]:
    """Everything that waits for threads."""

    async def work(_item: int) -> None:
        await unabandoned(hold.start())

    return {
        "unabandoned": lambda: unabandoned(hold.start()),
        "ended": lambda: ended([hold.start(), hold.start()]),
        "each": lambda: each(range(4), 2, work),
    }


@pytest.mark.parametrize("way", ["unabandoned", "ended", "each"])
async def test_it_ends_after_the_threads(hold: Hold, way: str) -> None:
    task = await cancelled_often(ways(hold)[way]())
    assert hold.running > 0
    assert not task.done()
    hold.release()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert hold.running == 0


@pytest.mark.parametrize("way", ["unabandoned", "ended", "each"])
async def test_without_a_cancel_it_just_ends(hold: Hold, way: str) -> None:
    hold.release()
    assert await ways(hold)[way]() in {None, 7}
    assert hold.running == 0


async def test_an_error_of_the_thread_is_raised(hold: Hold) -> None:
    hold.error = OSError("no")
    hold.release()
    with pytest.raises(OSError, match="no"):
        await unabandoned(hold.start())


@pytest.mark.parametrize("way", ["unabandoned", "each"])
async def test_an_error_beside_a_cancel_is_no_accident(hold: Hold, way: str) -> None:
    accidents: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: accidents.append(context))
    hold.error = ValueError("the thread stopped because it was told to")
    task = await cancelled_often(ways(hold)[way]())
    hold.release()
    with pytest.raises(asyncio.CancelledError):
        await task
    del task
    await asyncio.sleep(0)
    gc.collect()
    assert accidents == []


async def test_what_fails_while_the_others_end_comes_after_their_end() -> None:
    over: list[int] = []

    async def work(item: int) -> None:
        if item == 0:
            raise ValueError("first")
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            over.append(item)

    with pytest.raises(ValueError, match="first"):
        await each([1, 2, 0], 3, work)
    assert sorted(over) == [1, 2]
