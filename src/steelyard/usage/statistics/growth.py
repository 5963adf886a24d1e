"""How the store grew. Pure: what arrived when comes in, bytes by period go out.

It is told from what is here now: what was deleted since is not in it, so the past is never shown larger than it was.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from steelyard.usage.keys import QUARTER_MS
from steelyard.usage.statistics.ranges import Range


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes at the end of a period, and how many of them came in it. Quarters since 1970."""

    first: int
    end: int
    size: int
    added: int


def growth_of(arrivals: Sequence[tuple[int, int]], wanted: Range) -> list[Size]:
    """The size at the end of each period; ``arrivals`` are times in milliseconds since 1970 and bytes."""
    in_order = sorted(arrivals)
    times = [at_ms for at_ms, _ in in_order]
    sums = [0, *accumulate(size for _, size in in_order)]

    def size_at(quarter: int) -> int:
        return sums[bisect_left(times, quarter * QUARTER_MS)]

    return [
        Size(slot.first, slot.end, size_at(slot.end), size_at(slot.end) - size_at(slot.first))
        for slot in wanted.slots()
    ]
