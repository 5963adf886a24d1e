"""Bandwidth and pauses, with a clock that stands still."""

import asyncio
from collections.abc import Coroutine

import pytest

from steelyard.sources.bandwidth import Bandwidth
from steelyard.sources.errors import UpstreamBusy
from steelyard.sources.pauses import HostPauses
from steelyard.testing.clock import HandClock


async def test_without_a_limit_nobody_waits(clock: HandClock) -> None:
    unlimited = Bandwidth(clock, None)
    assert not await _waits(unlimited.take(10**15))


async def test_half_a_second_of_bytes_may_burst(clock: HandClock) -> None:
    bandwidth = Bandwidth(clock, 1000)
    assert not await _waits(bandwidth.take(300))
    assert not await _waits(bandwidth.take(200))
    assert await _waits(bandwidth.take(1))


async def test_the_line_is_shared_in_order(clock: HandClock) -> None:
    bandwidth = Bandwidth(clock, 1_000_000)
    assert not await _waits(bandwidth.take(500_000))
    order: list[str] = []

    async def taker(name: str) -> None:
        await bandwidth.take(20_000)
        order.append(name)

    async with asyncio.TaskGroup() as group:
        for name in ("one", "two", "three"):
            group.create_task(taker(name))
    assert order == ["one", "two", "three"]


async def test_a_quiet_time_does_not_save_up_more_than_the_burst(clock: HandClock) -> None:
    bandwidth = Bandwidth(clock, 1000)
    assert not await _waits(bandwidth.take(500))
    clock.forward(hours=1)
    assert not await _waits(bandwidth.take(500))
    assert await _waits(bandwidth.take(10))


async def test_the_wait_is_what_the_bytes_are_worth(clock: HandClock) -> None:
    bandwidth = Bandwidth(clock, 1000)
    await bandwidth.take(500)
    clock.forward(seconds=0.25)
    assert not await _waits(bandwidth.take(250))
    assert await _waits(bandwidth.take(1))


async def test_a_host_nobody_paused_is_free(clock: HandClock) -> None:
    assert not await _waits(HostPauses(clock).wait("hub.example"))


async def test_a_pause_holds_one_host_and_ends(clock: HandClock) -> None:
    pauses = HostPauses(clock)
    pauses.pause("hub.example", 60)
    assert await _waits(pauses.wait("hub.example"))
    assert not await _waits(pauses.wait("cdn.example"))
    clock.forward(seconds=60)
    assert not await _waits(pauses.wait("hub.example"))


async def test_a_shorter_pause_does_not_shorten_a_longer_one(clock: HandClock) -> None:
    pauses = HostPauses(clock)
    pauses.pause("hub.example", 60)
    pauses.pause("hub.example", 1)
    clock.forward(seconds=59)
    assert await _waits(pauses.wait("hub.example"))


async def test_a_pause_that_grows_too_long_meanwhile_holds_nobody(clock: HandClock) -> None:
    pauses = HostPauses(clock)
    pauses.pause("hub.example", 0.02)
    waiting = asyncio.create_task(pauses.wait("hub.example"))
    await asyncio.sleep(0)
    pauses.pause("hub.example", 3600)
    with pytest.raises(UpstreamBusy):
        await waiting


async def test_a_pause_that_grows_meanwhile_is_kept(clock: HandClock) -> None:
    pauses = HostPauses(clock)
    pauses.pause("hub.example", 0.02)
    waiting = asyncio.create_task(pauses.wait("hub.example"))
    await asyncio.sleep(0)
    pauses.pause("hub.example", 30)
    clock.forward(seconds=1)
    await asyncio.sleep(0.04)
    assert not waiting.done()
    waiting.cancel()


async def _waits(action: Coroutine[None, None, None]) -> bool:
    """Whether the action does not end at once; it is given up then."""
    task = asyncio.create_task(action)
    await asyncio.sleep(0)
    waits = not task.done()
    task.cancel()
    return waits
