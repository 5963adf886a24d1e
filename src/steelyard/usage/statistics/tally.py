"""What a range of sheets adds up to: counts of all of it, sums by period, uses by weekday and hour, uses by day. Pure.

Tallies add up, so that the part of a range which no longer changes can be kept and the rest added to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from steelyard.usage.counts import NOTHING, Counts, Numbers, summed
from steelyard.usage.keys import QUARTERS
from steelyard.usage.sheets import DIM_BITS, DIM_MASK, SERIES, Dim, Sum, add
from steelyard.usage.statistics.ranges import Range, Step, hours_of
from steelyard.usage.statistics.zones import IN_AN_HOUR, Span, weekday

HOURS = 24
_WEEK = 7 * HOURS
_USES = SERIES.index(Sum.USES)
_ROW_OF = np.full(1 << DIM_BITS, -1)  # by number of a sum
_ROW_OF[list(SERIES)] = range(len(SERIES))
_SMALLER = 7  # times than a number in a dict


@dataclass(slots=True, eq=False)
class Tally:
    """``slots`` has by period the sums of ``SERIES`` in their order; ``hours`` uses from Monday's first hour on;
    ``daily`` uses by local day since 1970. Equal to itself alone: arrays have no equality."""

    counts: Counts = NOTHING
    slots: dict[int, list[int]] = field(default_factory=dict)
    hours: list[int] = field(default_factory=lambda: [0] * _WEEK)
    daily: dict[int, int] = field(default_factory=dict)

    def add(self, other: "Tally") -> None:
        """Add another one; that one stays as it is."""
        self.counts = summed([self.counts, other.counts])
        for key, sums in other.slots.items():
            mine = self.slots.get(key)
            self.slots[key] = list(sums) if mine is None else [a + b for a, b in zip(mine, sums, strict=True)]
        self.hours = [a + b for a, b in zip(self.hours, other.hours, strict=True)]
        add(self.daily, other.daily)

    def add_rows(self, wanted: Range, day: int, rows: Numbers) -> None:
        """Add what of a UTC day's series, measures by quarters, lies in the range."""
        for span in wanted.spans(day):
            self._add_uses(span, rows[_USES])
            pieces = list(_pieces(wanted, day, span))
            sums = np.add.reduceat(rows[:, : span.end], [first for _, first, _ in pieces], axis=1)
            for (key, _, _), found in zip(pieces, sums.T.tolist(), strict=True):
                self._add_slot(key, found)

    def _add_slot(self, key: int, sums: list[int]) -> None:
        if any(sums):
            mine = self.slots.get(key)
            self.slots[key] = sums if mine is None else [a + b for a, b in zip(mine, sums, strict=True)]

    def _add_uses(self, span: Span, uses: Numbers) -> None:
        total, began = 0, weekday(span.day) * HOURS
        hours = list(_hours(span))
        for (_, hour), number in zip(
            hours, np.add.reduceat(uses[: span.end], [first for first, _ in hours]).tolist(), strict=True
        ):
            self.hours[began + hour] += number
            total += number
        add(self.daily, {span.day: total})


def rows_of(parts: Iterable[tuple[int, Counts]]) -> dict[int, Numbers]:
    """Counts by quarter of an hour since 1970 as series: by UTC day, measures by quarters."""
    found: dict[int, Numbers] = {}
    for period, counts in parts:
        day, quarter = divmod(period, QUARTERS)
        rows = found.setdefault(day, np.zeros((len(SERIES), QUARTERS), np.int64))
        sums = (counts.codes & DIM_MASK == Dim.SUM) & (counts.codes < _ROW_OF.size << DIM_BITS)
        places = _ROW_OF[counts.codes[sums] >> DIM_BITS]
        rows[places[places >= 0], quarter] += counts.counts[sums][places >= 0]
    return found


def counts_of(tally: Tally) -> int:
    """How many counts it holds, which is what it takes of the memory; those in arrays as far as they do."""
    series = len(tally.daily) + len(tally.hours) + len(tally.slots) * len(SERIES)
    return tally.counts.codes.size // _SMALLER + series


def _pieces(wanted: Range, day: int, span: Span) -> Iterable[tuple[int, int, int]]:
    """The periods of a span: key, first and end."""
    if wanted.period is not Step.HOUR:
        return [(wanted.slot_key(day, span), span.first, span.end)]
    return hours_of(day, span)


def _hours(span: Span) -> Iterable[tuple[int, int]]:
    """The hours of the clock in a span: first quarter, and the hour. The first may have begun before it."""
    first = span.first
    while first < span.end:
        at = span.at + first - span.first
        yield first, at // IN_AN_HOUR
        first = min(span.end, first + IN_AN_HOUR - at % IN_AN_HOUR)
