"""Sheets, unpacked once: ranges of which nobody asked before are made of days that somebody has asked for, mostly.

Of the loose ones few change between two looks, and those of the depot have thousands of counts.
"""

from collections.abc import Mapping

from steelyard.core.clock import Clock
from steelyard.usage.counts import Counts, Numbers
from steelyard.usage.packing import OpenDay, open_quarters, part_of, unpack_counts, unpack_part
from steelyard.usage.sheet_batches import Packed
from steelyard.usage.statistics.cache import Cache

_MOST_BAGS = 8192
_HEAVIEST = 400_000  # at most 45 MB: who used what of twelve busy models in three months takes half of it
_LONGEST = 32_768  # bytes
_SMALLER = 7  # times than a number in a dict, which is what the cache weighs in


class Opened:
    """Remembers what sheets hold by what they look like; an ``Opener``. Threads may share it."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        """They are forgotten after so many ``seconds``."""
        self._kept: Cache[Mapping[int, Counts]] = Cache(clock, seconds, weigh=_weight)
        self._bags: Cache[Counts] = Cache(clock, seconds, _MOST_BAGS, weigh=_weight_of_bag, heaviest=_HEAVIEST)

        self._days: Cache[OpenDay] = Cache(clock, seconds, weigh=lambda day: 1 + day.size // _SMALLER // 2)

    def bag(self, blob: bytes) -> Counts:
        """The counts of a sealed bag."""
        found = self._bags.get(blob, None)
        if found is None:
            found = unpack_counts(blob)
            self._bags.keep(blob, None, found)
        return found

    def part(self, bag: bytes, quarters: bytes, rows: Numbers, first: int, end: int) -> Counts:
        """What quarters of a sealed day add up to, from ``first`` and before ``end``; ``rows`` are its series."""
        if len(quarters) > _LONGEST:  # of the depot: only some pieces of the day are unpacked
            return unpack_part(quarters, rows, self.bag(bag), first, end)
        found = self._days.get((bag, quarters), None)
        if found is None:
            found = open_quarters(quarters, self.bag(bag))
            self._days.keep((bag, quarters), None, found)
        return part_of(found, rows, first, end)

    def quarters(self, loose: Packed) -> Mapping[int, Counts]:
        """Its counts by quarter of an hour since 1970."""
        key = (loose.day, loose.blob)
        found = self._kept.get(key, None)
        if found is None:
            found = loose.quarters()
            self._kept.keep(key, None, found)
        return found


def _weight_of_bag(counts: Counts) -> int:
    return 1 + counts.codes.size // _SMALLER


def _weight(quarters: Mapping[int, Counts]) -> int:
    return 1 + sum(each.codes.size for each in quarters.values()) // _SMALLER
