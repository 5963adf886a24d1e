"""Sheets as they are stored. Pure.

Loose ones are MessagePack. Sealed ones are planes of arrays, deflated, and say nothing twice: a bag lies by dimension,
its numbers as differences; the quarters name no codes, but the places of these in the day's bag; they have no count for
the last quarter of a code, which is what the others leave of the day's; and none of the sums that the series has. The
series has only the quarters in which anything was.

A day of very many counts, which only the whole depot has, is stored by pieces of three hours: two of its quarters are
read without the rest.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from steelyard.usage.counts import NOTHING, Counts, Numbers, of_bag, summed, to_bag
from steelyard.usage.keys import QUARTERS
from steelyard.usage.planes import folded, from_planes, to_planes, unfolded
from steelyard.usage.sheets import DIM_BITS, DIM_MASK, SERIES, Bag, Dim, Series, code

_LEVEL = 6  # of deflate: 3 % fewer bytes than level 1, and sealing a day took 5 % longer
_MANY = 10_000  # counts by code and quarter
_PIECE = 12  # quarters
_SERIES_CODES = np.array([code(Dim.SUM, measure) for measure in SERIES], np.int64)
_ROWS = {int(measure): row for row, measure in enumerate(SERIES)}
_encode = msgspec.msgpack.Encoder().encode
_loose = msgspec.msgpack.Decoder(dict[int, dict[int, int]]).decode
_parts = msgspec.msgpack.Decoder(list[bytes]).decode
_pieces = msgspec.msgpack.Decoder(list[tuple[int, int, bytes]]).decode


class _Entries(NamedTuple):
    """Counts of quarters, by the place of their code in the day's bag and then by quarter."""

    places: Numbers
    quarters: Numbers
    counts: Numbers


class OpenDay(NamedTuple):
    """The counts of a day but those that the series has, in order; and the entries of its quarters, piece by piece."""

    counts: Counts
    entries: list[_Entries]

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return 2 * self.counts.codes.size + 3 * sum(each.places.size for each in self.entries)


def pack_loose(quarters: Mapping[int, Bag]) -> bytes:
    """The bags of an hour by quarter of the day, as they are stored."""
    return _encode(quarters)


def unpack_loose(blob: bytes) -> dict[int, Bag]:
    """The bags of an hour as they were stored."""
    return _loose(blob)


def pack_bag(bag: Bag) -> bytes:
    """A sealed bag as it is stored."""
    return pack_counts(of_bag(bag))


def pack_counts(counts: Counts) -> bytes:
    """A sealed bag as it is stored."""
    dims, numbers = counts.codes & DIM_MASK, counts.codes >> DIM_BITS
    order = np.lexsort((numbers, dims))
    dims, numbers = dims[order], numbers[order]
    starts = _starts(dims)
    steps = np.diff(numbers, prepend=0)
    steps[starts] = numbers[starts]
    return _deflated([dims[starts], _lengths(starts, dims.size), steps, folded(counts.counts[order])])


def unpack_bag(blob: bytes) -> Bag:
    """A sealed bag as it was stored."""
    return to_bag(unpack_counts(blob))


def unpack_counts(blob: bytes) -> Counts:
    """A sealed bag as it was stored, by dimension and number."""
    dims, lengths, steps, counts = _inflated(blob)
    return Counts(_from_steps(steps, lengths) << DIM_BITS | np.repeat(dims, lengths), unfolded(counts))


def pack_series(series: Series) -> bytes:
    """A series as it is stored; measures without any count are left out."""
    rows = np.zeros((len(SERIES), QUARTERS), np.int64)
    for measure, counts in series.items():
        rows[_ROWS[measure]] = of_bag(dict(enumerate(counts))).counts
    there = rows.any(axis=0)
    return _deflated([np.flatnonzero(there), folded(rows[:, there].ravel())])


def unpack_series(blob: bytes) -> Series:
    """A series as it was stored."""
    rows = unpack_rows(blob)
    return {measure: rows[row].tolist() for measure, row in _ROWS.items() if rows[row].any()}


def unpack_rows(blob: bytes) -> Numbers:
    """A series as it was stored: measures in the order of ``SERIES`` by quarters."""
    there, counts = _inflated(blob)
    rows = np.zeros((len(SERIES), QUARTERS), np.int64)
    if there.size:
        rows[:, there] = unfolded(counts).reshape(len(SERIES), -1)
    return rows


def pack_quarters(quarters: Mapping[int, Bag]) -> bytes:
    """Bags by quarter as they are stored beside the series and the bag of their day."""
    entries = _entries(quarters)
    if entries.places.size <= _MANY:
        return _encode([(0, QUARTERS, _pack_entries(entries, whole=True))])
    packed = []
    for first in range(0, QUARTERS, _PIECE):
        piece = _within(entries, first, first + _PIECE)
        packed.append((first, first + _PIECE, _pack_entries(piece, whole=False)))
    return _encode(packed)


def unpack_quarters(blob: bytes, series: Series, bag: Bag, first: int = 0, end: int = QUARTERS) -> dict[int, Bag]:
    """Bags by quarter, from ``first`` and before ``end``. ``series`` and ``bag`` are those of the day."""
    found: dict[int, Bag] = {}
    day = _without_series(_in_order(of_bag(bag)))
    for entries in (_within(each, first, end) for each in _unpacked(blob, day, first, end)):
        codes = day.codes[entries.places].tolist()
        for a_code, quarter, count in zip(codes, entries.quarters.tolist(), entries.counts.tolist(), strict=True):
            found.setdefault(quarter, {})[a_code] = count
    sums = [(code(Dim.SUM, measure), counts) for measure, counts in series.items()]
    for quarter in range(first, end):
        of_quarter = {a_code: counts[quarter] for a_code, counts in sums if counts[quarter]}
        if of_quarter:
            found[quarter] = found.get(quarter, {}) | of_quarter
    return found


def unpack_part(blob: bytes, rows: Numbers, day: Counts, first: int, end: int) -> Counts:
    """What quarters from ``first`` and before ``end`` add up to; ``rows`` and ``day`` as they were unpacked."""
    return part_of(open_quarters(blob, day, *_shorter(first, end)), rows, first, end)


def open_quarters(blob: bytes, day: Counts, first: int = 0, end: int = QUARTERS) -> OpenDay:
    """The quarters of a day from ``first`` and before ``end``, and perhaps more; ``day`` as it was unpacked."""
    codes = _without_series(day)
    return OpenDay(codes, list(_unpacked(blob, codes, first, end)))


def part_of(opened: OpenDay, rows: Numbers, first: int, end: int) -> Counts:
    """What quarters from ``first`` and before ``end`` add up to; ``rows`` as they were unpacked."""
    begins, ends = _shorter(first, end)
    parts = [_by_code(_within(entries, begins, ends), opened.counts) for entries in opened.entries]
    if (begins, ends) != (first, end):
        parts = [opened.counts, *(Counts(codes, -counts) for codes, counts in parts)]
    return summed([Counts(_SERIES_CODES, rows[:, first:end].sum(axis=1)), *parts])


def _shorter(first: int, end: int) -> tuple[int, int]:
    """The part, or the rest of the day: a day is known, so the shorter one is enough."""
    if end - first <= QUARTERS // 2:
        return first, end
    if first == 0:
        return end, QUARTERS
    return (0, first) if end == QUARTERS else (first, end)


def _entries(quarters: Mapping[int, Bag]) -> _Entries:
    """All counts but those that the series has."""
    bags = [of_bag(bag) for bag in quarters.values()]
    codes = np.concatenate([NOTHING.codes, *(bag.codes for bag in bags)])
    counts = np.concatenate([NOTHING.counts, *(bag.counts for bag in bags)])
    where = np.repeat(np.fromiter(quarters, np.int64, len(bags)), [bag.codes.size for bag in bags])
    other = ~np.isin(codes, _SERIES_CODES)
    codes, counts, where = codes[other], counts[other], where[other]
    order = np.lexsort((where, codes >> DIM_BITS, codes & DIM_MASK))
    return _Entries(np.cumsum(np.diff(codes[order], prepend=-1) != 0) - 1, where[order], counts[order])


def _pack_entries(entries: _Entries, *, whole: bool) -> bytes:
    """``whole`` when it has all of a day: then the last count of each code is left out."""
    starts = _starts(entries.places)
    lengths = _lengths(starts, entries.places.size)
    steps = np.diff(entries.quarters, prepend=0)
    steps[starts] = entries.quarters[starts]
    counts = np.delete(entries.counts, starts + lengths - 1) if whole else entries.counts
    return _deflated([np.diff(entries.places[starts], prepend=0), lengths, steps, folded(counts)])


def _unpacked(blob: bytes, day: Counts, first: int, end: int) -> Iterator[_Entries]:
    """The entries of the pieces that have a part of the day. ``day`` has the codes of the day in their order."""
    for begins, ends, piece in _pieces(blob):
        if begins < end and ends > first:
            yield _unpack_entries(piece, day, whole=ends - begins == QUARTERS)


def _within(entries: _Entries, first: int, end: int) -> _Entries:
    within = (entries.quarters >= first) & (entries.quarters < end)
    return _Entries(*(column[within] for column in entries))


def _unpack_entries(blob: bytes, day: Counts, *, whole: bool) -> _Entries:
    steps_of_places, lengths, steps, counts = _inflated(blob)
    places, counts = np.cumsum(steps_of_places), unfolded(counts)
    if whole and places.size:
        counts = _with_last(counts, lengths, day.counts[places])
    return _Entries(np.repeat(places, lengths), _from_steps(steps, lengths), counts)


def _with_last(counts: Numbers, lengths: Numbers, totals: Numbers) -> Numbers:
    """Counts with the last one of each code, which is what the others leave of its total."""
    ends = np.cumsum(lengths)
    found = np.zeros(int(ends[-1]), np.int64)
    others = np.ones(found.size, bool)
    others[ends - 1] = False
    found[others] = counts
    found[ends - 1] = totals - np.add.reduceat(found, ends - lengths)
    return found


def _by_code(entries: _Entries, codes: Counts) -> Counts:
    if not entries.places.size:
        return NOTHING
    starts = _starts(entries.places)
    return Counts(codes.codes[entries.places[starts]], np.add.reduceat(entries.counts, starts))


def _in_order(counts: Counts) -> Counts:
    """By dimension and number."""
    order = np.lexsort((counts.codes >> DIM_BITS, counts.codes & DIM_MASK))
    return Counts(counts.codes[order], counts.counts[order])


def _without_series(day: Counts) -> Counts:
    """The counts that quarters are stored of; ``day`` is in order."""
    sums = int(np.searchsorted(day.codes & DIM_MASK, int(Dim.SUM), side="right"))  # they come first
    others = np.flatnonzero(~np.isin(day.codes[:sums], _SERIES_CODES))
    keep = np.concatenate([others, np.arange(sums, day.codes.size)])
    return Counts(day.codes[keep], day.counts[keep])


def _starts(sorted_numbers: Numbers) -> Numbers:
    """Where each number of some that are sorted comes first."""
    return np.flatnonzero(np.diff(sorted_numbers, prepend=-1))


def _lengths(starts: Numbers, size: int) -> Numbers:
    return np.diff(starts, append=size)


def _from_steps(steps: Numbers, lengths: Numbers) -> Numbers:
    """Numbers of differences that begin anew after each of ``lengths``."""
    numbers = np.cumsum(steps)
    starts = np.cumsum(lengths) - lengths
    return numbers - np.repeat(numbers[starts] - steps[starts], lengths) if starts.size else numbers


def _deflated(arrays: Iterable[Numbers]) -> bytes:
    return zlib.compress(_encode([to_planes(array) for array in arrays]), _LEVEL)


def _inflated(blob: bytes) -> Sequence[Numbers]:
    return [from_planes(part) for part in _parts(zlib.decompress(blob))]
