"""Remembers what was read from sheets that seldom change. Bounded, and forgotten after a while."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from steelyard.core.clock import Clock

T = TypeVar("T")
_MOST = 1024
_HEAVIEST = 400_000  # counts, of some 120 bytes each
_SWEEPS = 15  # while a value is kept: going through 20,000 takes 2.5 ms


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    value: T
    mark: object
    until: float
    weight: int


def _one(_value: object) -> int:
    return 1


class Cache(Generic[T]):
    """Values by key, each true as long as its mark is. Threads may share it."""

    def __init__(
        self, clock: Clock, seconds: float, most: int = _MOST, *,
        weigh: Callable[[T], int] = _one, heaviest: int = _HEAVIEST,
    ) -> None:  # fmt: skip
        """Values are forgotten after so many ``seconds``, and the ones used least lately when there are too many, or
        when all together ``weigh`` more than ``heaviest``."""
        self._clock = clock
        self._seconds = seconds
        self._most = most
        self._weigh = weigh
        self._heaviest = heaviest
        self._held = 0
        self._sweep_at = clock.monotonic()
        self._kept: OrderedDict[Hashable, _Kept[T]] = OrderedDict()
        self._lock = threading.Lock()
        self.hits = 0
        self.misses = 0

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def hit_rate(self) -> float | None:
        """How many were found, as a part of all that were looked for; None before the first."""
        looked = self.hits + self.misses
        return self.hits / looked if looked else None

    def get(self, key: Hashable, mark: object) -> T | None:
        """What was kept under this mark; None when there is nothing, or it is not true any more."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept.mark != mark or kept.until <= self._clock.monotonic():
                self.misses += 1
                return None
            self._kept.move_to_end(key)
            self.hits += 1
            return kept.value

    def keep(self, key: Hashable, mark: object, value: T) -> None:
        """Keep a value as long as the mark is the same; not one that would push out all others."""
        now, weight = self._clock.monotonic(), self._weigh(value)
        with self._lock:
            self._sweep(now)
            self._drop(key)
            if weight > self._heaviest:
                return
            self._kept[key] = _Kept(value, mark, now + self._seconds, weight)
            self._held += weight
            while len(self._kept) > self._most or self._held > self._heaviest:
                self._drop(next(iter(self._kept)))

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._held = 0

    def _sweep(self, now: float) -> None:
        """Drop what nobody will get any more."""
        if now < self._sweep_at:
            return
        self._sweep_at = now + self._seconds / _SWEEPS
        for key in [key for key, kept in self._kept.items() if kept.until <= now]:
            self._drop(key)

    def _drop(self, key: Hashable) -> None:
        kept = self._kept.pop(key, None)
        self._held -= 0 if kept is None else kept.weight
