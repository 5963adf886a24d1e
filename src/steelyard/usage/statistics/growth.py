"""How the store grew. Pure: what was held when, and what arrived when, come in; bytes by period go out.

How much was held is noted each day, deleted since or not. What happened between two notes, and before the first one, is
told from what is here now: so much arrived. Before the first note the store is never shown larger than it was.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from steelyard.usage.keys import QUARTER_MS
from steelyard.usage.statistics.ranges import Range


class Sample(NamedTuple):
    """What was held at the beginning of a quarter of an hour since 1970, in bytes."""

    quarter: int
    held: int


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes at the end of a period, and how many more than at its start. Quarters since 1970."""

    first: int
    end: int
    size: int
    added: int


class _History:
    """What is known of all times."""

    def __init__(self, arrivals: Sequence[tuple[int, int]], samples: Sequence[Sample]) -> None:
        in_order = sorted(arrivals)
        self._times = [at_ms for at_ms, _ in in_order]
        self._sums = [0, *accumulate(size for _, size in in_order)]
        self._samples = sorted(samples)
        self._quarters = [sample.quarter for sample in self._samples]

    def arrived(self, quarter: int) -> int:
        """How many of the bytes that are here now had come by then."""
        return self._sums[bisect_left(self._times, quarter * QUARTER_MS)]

    def size(self, quarter: int) -> int:
        """How many bytes were held."""
        last = bisect_right(self._quarters, quarter) - 1
        if last < 0:
            return self.arrived(quarter)
        sample = self._samples[last]
        return sample.held + self.arrived(quarter) - self.arrived(sample.quarter)


def growth_of(arrivals: Sequence[tuple[int, int]], wanted: Range, samples: Sequence[Sample] = ()) -> list[Size]:
    """The size at the end of each period; ``arrivals`` are times in milliseconds since 1970 and bytes."""
    history = _History(arrivals, samples)
    return [
        Size(slot.first, slot.end, history.size(slot.end), history.size(slot.end) - history.size(slot.first))
        for slot in wanted.slots()
    ]
