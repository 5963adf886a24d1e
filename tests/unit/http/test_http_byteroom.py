"""Room for so many bytes at once."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from steelyard.http.byteroom import ByteRoom


async def entered(room: ByteRoom, size: int, order: list[int]) -> AsyncExitStack:
    stack = AsyncExitStack()
    await stack.enter_async_context(room.hold(size))
    order.append(size)
    return stack


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_no_more_is_held_than_there_is_room_and_nobody_is_overtaken() -> None:
    room, order = ByteRoom(10), list[int]()
    first = await entered(room, 6, order)
    waiting = [asyncio.create_task(entered(room, size, order)) for size in (5, 3, 2)]
    await settled()
    assert (order, room.free) == ([6], 4)  # 3 would fit, but 5 came before
    await first.aclose()
    await settled()
    assert (order, room.free) == ([6, 5, 3, 2], 0)
    for each in waiting:
        await (await each).aclose()
    assert room.free == 10


async def test_more_than_there_ever_is_counts_as_all_of_it() -> None:
    room = ByteRoom(10)
    async with room.hold(1_000):
        assert room.free == 0
    assert room.free == 10


async def test_who_gives_up_waiting_lets_others_in() -> None:
    room, order = ByteRoom(10), list[int]()
    first = await entered(room, 6, order)
    large, small = (asyncio.create_task(entered(room, size, order)) for size in (9, 4))
    await settled()
    large.cancel()
    await settled()
    assert order == [6, 4]
    await first.aclose()
    await (await small).aclose()
    assert room.free == 10


async def test_who_leaves_just_when_it_is_let_in_gives_its_room_back() -> None:
    room, order = ByteRoom(10), list[int]()
    first = await entered(room, 10, order)
    second, third = (asyncio.create_task(entered(room, size, order)) for size in (10, 4))
    await settled()
    await first.aclose()  # the second is let in, and has not heard of it yet
    second.cancel()
    await settled()
    assert order == [10, 4]
    await (await third).aclose()
    assert room.free == 10


async def test_room_is_given_back_when_something_fails() -> None:
    room = ByteRoom(10)
    with pytest.raises(ValueError, match="inside"):
        async with room.hold(4):
            raise ValueError("inside")
    assert room.free == 10
