"""What works in the background and breaks is started again."""

import asyncio
import logging

import pytest

from steelyard.app.running import kept_up
from steelyard.testing.clock import HandClock


class Sleeper:
    """Notes for how long it was to sleep, and ends after some times."""

    def __init__(self, times: int) -> None:
        self.slept: list[float] = []
        self._times = times

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) == self._times:
            raise asyncio.CancelledError


async def test_what_breaks_each_time_is_started_less_often_and_told_with_one_traceback(
    clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        raise ValueError("poison")

    sleeper = Sleeper(8)
    with caplog.at_level(logging.ERROR), pytest.raises(asyncio.CancelledError):
        await kept_up("fold", run, clock, sleeper)
    assert sleeper.slept == [1, 2, 4, 8, 16, 30, 30, 30]
    assert ["poison" in record.getMessage() for record in caplog.records] == [True] * 8
    assert [bool(record.exc_info) for record in caplog.records] == [True] + [False] * 7


async def test_what_ran_well_for_a_while_starts_soon_again(clock: HandClock) -> None:
    lasts = iter([0, 0, 0, 60, 0])

    async def run() -> None:
        clock.forward(seconds=next(lasts))
        raise ValueError("now and then")

    sleeper = Sleeper(5)
    with pytest.raises(asyncio.CancelledError):
        await kept_up("fold", run, clock, sleeper)
    assert sleeper.slept == [1, 2, 4, 1, 2]
