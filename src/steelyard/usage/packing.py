"""Sheets as they are stored. Pure.

Loose ones are MessagePack. Sealed ones are deflated, and say nothing twice: a bag lies by dimension, its numbers as
differences; the quarters name no codes, since they are those of the day's bag in the same order; they have no count for
the last quarter of a code, which is what the others leave of the day's; and none of the sums that the series has. The
series has its zeros: without them it took 3 % fewer bytes and more work.

A day of very many counts, which only the whole depot has, is stored quarter by quarter instead: it takes as many bytes,
and two of its quarters are read without the rest.
"""

import zlib
from collections.abc import Iterable, Mapping
from itertools import accumulate
from operator import sub
from typing import Any, NamedTuple

import msgspec

from steelyard.usage.keys import QUARTERS
from steelyard.usage.sheets import SERIES, Bag, Dim, Series, code, dim_of, number_of

_LEVEL = 6  # of deflate: 3 % fewer bytes than level 1, and sealing a day took 5 % longer
_MANY = 10_000  # counts by code and quarter; to read them all takes 4 ms
_Columns = dict[int, list[int]]  # by dimension: numbers as differences, then their counts
_IN_SERIES = {code(Dim.SUM, measure): int(measure) for measure in SERIES}
_encode = msgspec.msgpack.Encoder().encode
_loose = msgspec.msgpack.Decoder(dict[int, dict[int, int]]).decode
_columns = msgspec.msgpack.Decoder(_Columns).decode
_series = msgspec.msgpack.Decoder(dict[int, list[int]]).decode


class _Places(NamedTuple):
    """Where the codes of a day are: of each how many quarters, these as differences, and their counts but the last."""

    numbers: list[int]
    steps: list[int]
    counts: list[int]


_quarters = msgspec.msgpack.Decoder(dict[int, msgspec.Raw] | tuple[list[int], list[int], list[int]]).decode


def pack_loose(quarters: Mapping[int, Bag]) -> bytes:
    """The bags of an hour by quarter of the day, as they are stored."""
    return _encode(quarters)


def unpack_loose(blob: bytes) -> dict[int, Bag]:
    """The bags of an hour as they were stored."""
    return _loose(blob)


def pack_bag(bag: Bag) -> bytes:
    """A sealed bag as it is stored."""
    return zlib.compress(_encode(_to_columns(bag)), _LEVEL)


def unpack_bag(blob: bytes) -> Bag:
    """A sealed bag as it was stored."""
    return _from_columns(_columns(zlib.decompress(blob)))


def pack_series(series: Series) -> bytes:
    """A series as it is stored; measures without any count are left out."""
    return zlib.compress(_encode({measure: counts for measure, counts in series.items() if any(counts)}), _LEVEL)


def unpack_series(blob: bytes) -> Series:
    """A series as it was stored."""
    return _series(zlib.decompress(blob))


def pack_quarters(quarters: Mapping[int, Bag]) -> bytes:
    """Bags by quarter as they are stored beside the series and the bag of their day."""
    bags = {quarter: _without_series(bag) for quarter, bag in sorted(quarters.items()) if bag}
    packed: Any
    if sum(map(len, bags.values())) > _MANY:
        packed = {quarter: _to_columns(bag) for quarter, bag in bags.items()}
    else:
        packed = tuple(_places(bags))
    return zlib.compress(_encode(packed), _LEVEL)


def unpack_quarters(blob: bytes, series: Series, bag: Bag, first: int = 0, end: int = QUARTERS) -> dict[int, Bag]:
    """Bags by quarter, from ``first`` and before ``end``. ``series`` and ``bag`` are those of the day."""
    packed = _quarters(zlib.decompress(blob))
    if isinstance(packed, dict):
        found = {quarter: _from_columns(_columns(raw)) for quarter, raw in packed.items() if first <= quarter < end}
    else:
        found = _from_places(_Places(*packed), bag, first, end)
    for quarter in range(first, end):
        sums = {a_code: series[m][quarter] for a_code, m in _IN_SERIES.items() if m in series and series[m][quarter]}
        if sums:
            found[quarter] = found.get(quarter, {}) | sums
    return found


def _places(bags: Mapping[int, Bag]) -> _Places:
    where: dict[int, list[int]] = {}
    counts: dict[int, list[int]] = {}
    for quarter, bag in bags.items():
        for a_code, count in bag.items():
            where.setdefault(a_code, []).append(quarter)
            counts.setdefault(a_code, []).append(count)
    places = _Places([], [], [])
    for a_code in sorted(where):
        places.numbers.append(len(where[a_code]))
        places.steps.extend(_steps(where[a_code]))
        places.counts.extend(counts[a_code][:-1])
    return places


def _from_places(places: _Places, bag: Bag, first: int, end: int) -> dict[int, Bag]:
    found: dict[int, Bag] = {}
    steps, counts = iter(places.steps), iter(places.counts)
    codes = (a_code for a_code in sorted(bag) if a_code not in _IN_SERIES)
    for a_code, number in zip(codes, places.numbers, strict=True):
        left, quarter = bag[a_code], 0
        for following in range(number - 1, -1, -1):
            quarter += next(steps)
            count = next(counts) if following else left
            left -= count
            if first <= quarter < end:
                found.setdefault(quarter, {})[a_code] = count
    return found


def _to_columns(bag: Bag) -> _Columns:
    by_dim: dict[int, list[int]] = {}
    for a_code in sorted(bag):
        by_dim.setdefault(dim_of(a_code), []).append(a_code)
    return {dim: [*_steps(list(map(number_of, codes))), *map(bag.__getitem__, codes)] for dim, codes in by_dim.items()}


def _from_columns(columns: _Columns) -> Bag:
    bag: Bag = {}
    for dim, both in columns.items():
        half = len(both) // 2
        step = code(0, 1)
        bag |= zip([number * step + dim for number in accumulate(both[:half])], both[half:], strict=True)
    return bag


def _steps(numbers: list[int]) -> Iterable[int]:
    """Each number less the one before."""
    return map(sub, numbers, (0, *numbers))


def _without_series(bag: Bag) -> Bag:
    return {a_code: count for a_code, count in bag.items() if a_code not in _IN_SERIES}
