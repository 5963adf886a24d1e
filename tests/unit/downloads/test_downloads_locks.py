"""One writer at a time for a part file; none waits for another blob, and no lock is kept for nobody."""

import asyncio
import gc

import pytest

from steelyard.core.digest import Digest
from steelyard.downloads.locks import PartLocks

ONE, OTHER = Digest("sha256", "1" * 64), Digest("sha256", "2" * 64)


async def test_the_same_blob_waits() -> None:
    locks, inside, most = PartLocks(), 0, 0

    async def write() -> None:
        nonlocal inside, most
        async with locks.of(ONE):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(write() for _ in range(9)))
    assert most == 1


async def test_another_blob_does_not_wait() -> None:
    locks = PartLocks()
    async with locks.of(ONE), locks.of(OTHER):
        pass


async def test_a_lock_is_free_after_an_error_and_after_a_cancel() -> None:
    locks = PartLocks()
    with pytest.raises(ValueError, match="no"):
        async with locks.of(ONE):
            raise ValueError("no")
    async with locks.of(ONE):
        waiting = asyncio.create_task(_take(locks))
        await asyncio.sleep(0)
        waiting.cancel()
    async with locks.of(ONE):
        pass


async def _take(locks: PartLocks) -> None:
    async with locks.of(ONE):
        pass


async def test_a_lock_lives_while_somebody_waits_for_it() -> None:
    locks, order = PartLocks(), list[str]()

    async def write(name: str) -> None:
        async with locks.of(ONE):
            order.append(name)
            gc.collect()
            await asyncio.sleep(0)
            order.append(name)

    await asyncio.gather(write("a"), write("b"), write("c"))
    assert order == ["a", "a", "b", "b", "c", "c"]
