"""What every request needs to look up, remembered for a while.

Whatever was looked up less than ``FRESH_SECONDS`` ago is taken as it is, unless somebody said meanwhile that something
changed. While the database is away, what was good within ``STALE_SECONDS`` goes on being good: whoever worked a moment
ago can go on. What was read before a change is not taken even then: it may be what was taken back.
"""

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from steelyard.core.clock import Clock
from steelyard.db.errors import DatabaseAway

FRESH_SECONDS = 30.0
STALE_SECONDS = 600.0
_PAUSE_SECONDS = 5.0  # a database that is away is not asked at every request: each would wait for it
_MANY = 4096
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(slots=True)
class _Memory(Generic[V]):
    value: V
    read_at: float
    era: int


class Remembered(Generic[K, V]):
    """Values by key, each read when it is first asked for; the oldest goes when there are too many."""

    def __init__(self, read: Callable[[K], Awaitable[V | None]], clock: Clock, *, size: int = _MANY) -> None:
        self._read = read
        self._clock = clock
        self._size = size
        self._known: dict[K, _Memory[V]] = {}
        self._era = 0
        self._away_until = float("-inf")

    async def get(self, key: K) -> V | None:
        """The value; None, which is not remembered, when there is none. Raises DatabaseAway."""
        known, now = self._known.get(key), self._clock.monotonic()
        if known is not None and known.era == self._era and now - known.read_at < FRESH_SECONDS:
            return known.value  # as _is_good has it, without a call: this is nearly every answer
        if known is not None and now < self._away_until and self._is_good(known, now, STALE_SECONDS):
            return known.value
        return await self._read_again(key, known, now)

    def forget(self) -> None:
        """Something changed: from now on nothing that was read before is taken."""
        self._era += 1

    def _is_good(self, known: _Memory[V], now: float, seconds: float) -> bool:
        return known.era == self._era and now - known.read_at < seconds

    async def _read_again(self, key: K, known: _Memory[V] | None, now: float) -> V | None:
        era = self._era  # what changes while we read may be missing in what we read
        try:
            value = await self._read(key)
        except DatabaseAway:
            if known is None or not self._is_good(known, now, STALE_SECONDS):
                raise
            self._away_until = self._clock.monotonic() + _PAUSE_SECONDS
            return known.value
        self._known.pop(key, None)
        if value is not None:
            if len(self._known) >= self._size:
                del self._known[next(iter(self._known))]
            self._known[key] = _Memory(value, now, era)
        return value
