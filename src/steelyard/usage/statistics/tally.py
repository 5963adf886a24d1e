"""What a range of sheets adds up to: a bag for all of it, sums by period, uses by weekday and hour, uses by day. Pure.

Tallies add up, so that the part of a range which no longer changes can be kept and the rest added to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from steelyard.usage.counting import add_quarter
from steelyard.usage.keys import QUARTERS
from steelyard.usage.sheets import SERIES, Bag, Series, Sum, add
from steelyard.usage.statistics.ranges import Range, Step, hours_of
from steelyard.usage.statistics.zones import IN_AN_HOUR, Span, weekday

HOURS = 24
_MEASURES = {int(measure): place for place, measure in enumerate(SERIES)}
_USES = int(Sum.USES)


@dataclass(slots=True)
class Tally:
    """``slots`` has by period the sums of ``SERIES`` in their order; ``hours`` uses from Monday's first hour on;
    ``daily`` uses by local day since 1970."""

    bag: Bag = field(default_factory=dict)
    slots: dict[int, list[int]] = field(default_factory=dict)
    hours: list[int] = field(default_factory=lambda: [0] * (7 * HOURS))
    daily: dict[int, int] = field(default_factory=dict)

    def add(self, other: "Tally") -> None:
        """Add another one; that one stays as it is."""
        if self.bag:
            add(self.bag, other.bag)
        else:
            self.bag = dict(other.bag)  # thousands of counts, mostly into nothing
        for key, sums in other.slots.items():
            mine = self.slots.get(key)
            self.slots[key] = list(sums) if mine is None else [a + b for a, b in zip(mine, sums, strict=True)]
        self.hours = [a + b for a, b in zip(self.hours, other.hours, strict=True)]
        add(self.daily, other.daily)

    def add_series(self, wanted: Range, day: int, series: Series) -> None:
        """Add what of a UTC day's series lies in the range."""
        spans = wanted.spans(day)
        for measure, counts in series.items():
            place = _MEASURES.get(measure)
            if place is not None:
                self._add_measure(wanted, day, spans, place, counts)
        if _USES in series:
            self._add_uses(spans, series[_USES])

    def add_quarter(self, wanted: Range, period: int, bag: Bag) -> None:
        """Add the sums of one quarter of an hour since 1970."""
        day, quarter = divmod(period, QUARTERS)
        series: Series = {}
        add_quarter(series, quarter, bag)
        self.add_series(replace(wanted, first=period, end=period + 1), day, series)

    def _add_measure(self, wanted: Range, day: int, spans: Iterable[Span], place: int, counts: list[int]) -> None:
        for span in spans:
            for key, first, end in _pieces(wanted, day, span):
                number = sum(counts[first:end])
                if number:
                    self._slot(key)[place] += number

    def _slot(self, key: int) -> list[int]:
        if key not in self.slots:
            self.slots[key] = [0] * len(SERIES)
        return self.slots[key]

    def _add_uses(self, spans: Iterable[Span], counts: list[int]) -> None:
        for span in spans:
            total, began = 0, weekday(span.day) * HOURS
            for first, end, hour in _hours(span):
                number = sum(counts[first:end])
                self.hours[began + hour] += number
                total += number
            add(self.daily, {span.day: total})


def counts_of(tally: Tally) -> int:
    """How many counts it holds, which is what it takes of the memory."""
    return len(tally.bag) + len(tally.daily) + len(tally.hours) + len(tally.slots) * len(SERIES)


def _pieces(wanted: Range, day: int, span: Span) -> Iterable[tuple[int, int, int]]:
    """The periods of a span: key, first and end."""
    if wanted.period is not Step.HOUR:
        return [(wanted.slot_key(day, span), span.first, span.end)]
    return hours_of(day, span)


def _hours(span: Span) -> Iterable[tuple[int, int, int]]:
    """The hours of the clock in a span: first and end quarter, and the hour. The first may have begun before it."""
    first = span.first
    while first < span.end:
        at = span.at + first - span.first
        end = min(span.end, first + IN_AN_HOUR - at % IN_AN_HOUR)
        yield first, end, at // IN_AN_HOUR
        first = end
