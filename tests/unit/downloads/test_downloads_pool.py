"""Many pieces of work, a few at a time."""

import asyncio

import pytest

from steelyard.downloads.pool import each


async def test_everything_is_done_and_never_more_at_once() -> None:
    done: list[int] = []
    running, most = 0, 0

    async def work(item: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        done.append(item)

    await each(range(20), 3, work)
    assert sorted(done) == list(range(20))
    assert most == 3


async def test_nothing_to_do() -> None:
    async def never(_item: int) -> None:
        raise AssertionError("there is nothing to do")

    await each([], 3, never)


async def test_the_first_error_stops_the_others() -> None:
    stopped: list[int] = []
    started: list[int] = []

    async def work(item: int) -> None:
        started.append(item)
        if item == 1:
            raise ValueError("one")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            stopped.append(item)
            raise

    with pytest.raises(ValueError, match="one"):
        await each(range(10), 3, work)
    assert stopped == [0, 2]
    assert started == [0, 1, 2]


async def test_a_cancelled_pool_leaves_nothing_running() -> None:
    stopped = 0

    async def work(_item: int) -> None:
        nonlocal stopped
        try:
            await asyncio.sleep(60)
        finally:
            stopped += 1

    task = asyncio.create_task(each(range(3), 3, work))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert stopped == 3
