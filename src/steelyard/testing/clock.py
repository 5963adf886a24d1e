"""Time whose hands a test turns, and the one way tests wait for something."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

_FIRST_DAY = datetime(2026, 1, 1, 12, tzinfo=UTC)
_STEP = 0.005  # seconds between two looks


class HandClock:
    """A ``Clock`` that stands still until somebody turns it. Both of its times move together."""

    def __init__(self, start: datetime = _FIRST_DAY) -> None:
        self._start = start
        self._passed = timedelta()

    def now(self) -> datetime:
        """The moment it shows, aware, in UTC."""
        return self._start + self._passed

    def monotonic(self) -> float:
        """Seconds; begins at a thousand, as a machine that has been up for a while."""
        return 1000.0 + self._passed.total_seconds()

    def forward(self, *, seconds: float = 0.0, minutes: float = 0.0, hours: float = 0.0, days: float = 0.0) -> None:
        """Turn the hands forward. Raises ValueError for a step back: no clock of ours does that."""
        step = timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days)
        if step < timedelta():
            raise ValueError("a HandClock only goes forward; make a new one with an earlier start")
        self._passed += step


async def eventually(check: Callable[[], bool | Awaitable[bool]], *, within: float = 10.0) -> None:
    """Return as soon as ``check`` says yes. Raises AssertionError when it has not after ``within`` real seconds."""
    deadline = time.monotonic() + within
    while not await _asked(check):
        if time.monotonic() > deadline:
            raise AssertionError(f"it did not happen within {within:.0f} s; raise 'within' if the machine is slow")
        await asyncio.sleep(_STEP)


async def _asked(check: Callable[[], bool | Awaitable[bool]]) -> bool:
    answer = check()
    return answer if isinstance(answer, bool) else await answer
