"""What every request needs to look up, remembered for a while.

Whatever was looked up less than ``FRESH_SECONDS`` ago is taken as it is, unless somebody said meanwhile that something
changed. While the database is away, what was good within ``STALE_SECONDS`` goes on being good: whoever worked a moment
ago can go on. What was read before a change is not taken even then: it may be what was taken back. So what was asked
for lately is read again after each change.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from steelyard.core.clock import Clock
from steelyard.core.errors import SteelyardError
from steelyard.db.errors import DatabaseAway

FRESH_SECONDS = 30.0
STALE_SECONDS = 600.0 + FRESH_SECONDS  # whoever was seen ten minutes ago was looked up half a minute before at most
_PAUSE_SECONDS = 5.0  # a database that is away is not asked at every request: each would wait for it
_MANY = 4096
_AGAIN = 256  # values that are read again after a change; each takes half a millisecond
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(slots=True)
class _Memory(Generic[V]):
    value: V
    read_at: float
    era: int
    asked_at: float


class Remembered(Generic[K, V]):
    """Values by key, each read when it is first asked for; the oldest goes when there are too many."""

    def __init__(self, read: Callable[[K], Awaitable[V | None]], clock: Clock, *, size: int = _MANY) -> None:
        self._read = read
        self._clock = clock
        self._size = size
        self._known: dict[K, _Memory[V]] = {}
        self._era = 0
        self._away_until = float("-inf")
        self._forgotten = asyncio.Event()

    async def get(self, key: K) -> V | None:
        """The value; None, which is not remembered, when there is none. Raises DatabaseAway."""
        known, now = self._known.get(key), self._clock.monotonic()
        if known is not None and known.era == self._era and now - known.read_at < FRESH_SECONDS:
            known.asked_at = now
            return known.value  # as _is_good has it, without a call: this is nearly every answer
        if known is not None and now < self._away_until and self._is_good(known, now, STALE_SECONDS):
            return known.value
        return await self._read_again(key, known, now)

    def forget(self) -> None:
        """Something changed: from now on nothing that was read before is taken."""
        self._era += 1
        self._forgotten.set()

    async def keep_warm(self) -> None:
        """After each change read again what was asked for lately: it may be needed while the database is away. Until
        cancelled."""
        while True:
            await self._forgotten.wait()
            self._forgotten.clear()
            try:
                await self._refresh()
            except DatabaseAway:
                self._forgotten.set()
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _refresh(self) -> None:
        since = self._clock.monotonic() - STALE_SECONDS
        lately = [key for key, known in self._known.items() if known.era != self._era and known.asked_at > since]
        for key in lately[-_AGAIN:]:
            known = self._known.get(key)
            if known is not None and known.era != self._era:
                await self._refresh_one(key, known.asked_at)

    async def _refresh_one(self, key: K, asked_at: float) -> None:
        try:
            await self._read_again(key, None, asked_at)
        except DatabaseAway:
            raise
        except SteelyardError:
            pass  # whoever asks next hears it

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
        except Exception:  # what was known is refuted: it must not help while the database is away
            self._known.pop(key, None)
            raise
        self._known.pop(key, None)
        if value is not None:
            if len(self._known) >= self._size:
                del self._known[next(iter(self._known))]
            self._known[key] = _Memory(value, now, era, now)
            if era != self._era:  # something changed while it was read
                self._forgotten.set()
        return value
