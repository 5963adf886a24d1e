"""Clocks: the machine's, and the one whose hands we turn."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from steelyard.core.clock import SystemClock, iso
from steelyard.testing.clock import HandClock, eventually


def test_the_machines_clock_is_aware_and_goes_forward() -> None:
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, 6789, UTC), "2026-01-02T03:04:05.006Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 0, timezone(timedelta(hours=5, minutes=30))), "2026-01-01T21:34:05.000Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 999_999, UTC), "2026-01-02T03:04:05.999Z"),
    ],
)
def test_times_are_written_in_utc_with_milliseconds(moment: datetime, text: str) -> None:
    assert iso(moment) == text


def test_a_hand_clock_moves_only_when_it_is_turned() -> None:
    clock = HandClock()
    began, ticks = clock.now(), clock.monotonic()
    assert clock.now() == began
    clock.forward(days=31, seconds=1.5)
    assert clock.now() - began == timedelta(days=31, seconds=1.5)
    assert clock.monotonic() - ticks == 31 * 86_400 + 1.5


def test_a_hand_clock_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="only goes forward"):
        HandClock().forward(seconds=-1)


async def test_eventually_asks_until_the_answer_is_yes_or_gives_up() -> None:
    answers = iter([False, False, True])
    await eventually(lambda: next(answers))
    with pytest.raises(AssertionError, match="did not happen"):
        await eventually(lambda: False, within=0.01)
