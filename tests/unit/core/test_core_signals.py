"""Signals: heard by whoever listens, bounded, and ending with the process."""

import asyncio

import pytest

from steelyard.core.signals import CLOSING_KEY, Signal, Signals

SOON = 0.01
WITHIN = 10.0


async def test_a_listener_hears_its_topics_in_order() -> None:
    signals = Signals()
    with signals.listen("job", "model") as listener:
        signals.publish("job", "1")
        signals.publish("other", "2")
        signals.publish("model", "3")
        assert await listener.wait(WITHIN) == Signal("job", "1")
        assert await listener.wait(WITHIN) == Signal("model", "3")
        assert await listener.wait(SOON) is None


async def test_every_listener_hears_it() -> None:
    signals = Signals()
    with signals.listen("job") as one, signals.listen("job") as two:
        signals.publish("job", "1")
        assert await one.wait(WITHIN) == await two.wait(WITHIN) == Signal("job", "1")


async def test_nobody_hears_what_was_before_or_after() -> None:
    signals = Signals()
    signals.publish("job", "before")
    with signals.listen("job") as listener:
        assert await listener.wait(SOON) is None
    signals.publish("job", "after")
    assert await listener.wait(SOON) is None


async def test_a_full_inbox_loses_the_oldest() -> None:
    signals = Signals()
    with signals.listen("job") as listener:
        for number in range(300):
            signals.publish("job", str(number))
        heard = []
        while (signal := await listener.wait(SOON)) is not None:
            heard.append(int(signal.key))
    assert heard == list(range(300 - len(heard), 300))
    assert 0 < len(heard) < 300


async def test_closing_wakes_every_listener_whatever_its_topic() -> None:
    signals = Signals()
    with signals.listen("job") as listener:
        waiting = asyncio.create_task(listener.wait(WITHIN))
        await asyncio.sleep(0)
        signals.close()
        signal = await waiting
    assert signal is not None
    assert signal.key == CLOSING_KEY
    assert signals.closing


async def test_a_stream_gives_heartbeats_and_ends_with_the_process() -> None:
    signals = Signals()
    heard: list[Signal | None] = []

    async def listen() -> None:
        async for signal in signals.stream("job", heartbeat=SOON):
            heard.append(signal)
            if signal is None and len(heard) == 1:
                signals.publish("job", "1")
            elif signal is not None:
                signals.close()

    await asyncio.wait_for(listen(), WITHIN)
    assert heard == [None, Signal("job", "1")]


async def test_a_stream_that_begins_after_the_end_is_empty() -> None:
    signals = Signals()
    signals.close()
    assert [signal async for signal in signals.stream("job")] == []


@pytest.mark.parametrize("steps", range(5))
async def test_a_cancel_that_comes_with_a_signal_is_not_lost(steps: int) -> None:
    signals = Signals()
    with signals.listen("job") as listener:
        waiting = asyncio.create_task(listener.wait(WITHIN))
        for _ in range(3):
            await asyncio.sleep(0)
        signals.publish("job", "1")
        for _ in range(steps):
            await asyncio.sleep(0)
        called_off = waiting.cancel()
        await asyncio.wait({waiting})
        assert waiting.cancelled() is called_off
