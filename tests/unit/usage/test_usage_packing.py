"""Sheets as they are stored: they come out as they went in."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.usage.counting import sheet_of
from steelyard.usage.counts import of_bag, to_bag
from steelyard.usage.packing import (
    pack_bag,
    pack_loose,
    pack_quarters,
    pack_series,
    unpack_bag,
    unpack_loose,
    unpack_part,
    unpack_quarters,
    unpack_rows,
    unpack_series,
)
from steelyard.usage.sheets import SERIES, Bag, Dim, Series, Sum, code

CODES = st.builds(code, st.sampled_from(Dim), st.integers(0, 2**32))
NUMBERS = st.integers(-(2**40), 2**60).filter(bool)
BAGS = st.dictionaries(CODES, NUMBERS, max_size=30)
COUNTS = st.dictionaries(
    CODES | st.sampled_from([code(Dim.SUM, each) for each in Sum]), st.integers(1, 2**40), min_size=1
)
QUARTERS = st.dictionaries(st.integers(0, 95), COUNTS, max_size=8)


@given(BAGS)
def test_bags(bag: Bag) -> None:
    assert unpack_bag(pack_bag(bag)) == bag


@given(st.dictionaries(st.integers(0, 95), BAGS, max_size=4))
def test_loose_bags(quarters: dict[int, Bag]) -> None:
    assert unpack_loose(pack_loose(quarters)) == quarters


@given(QUARTERS, st.integers(0, 96), st.integers(0, 96))
def test_quarters(quarters: dict[int, Bag], first: int, end: int) -> None:
    sheet = sheet_of(quarters)
    packed = pack_quarters(quarters)
    series = unpack_series(pack_series(sheet.series))
    assert unpack_quarters(packed, series, sheet.bag) == quarters
    wanted = {quarter: bag for quarter, bag in quarters.items() if first <= quarter < end}
    assert unpack_quarters(packed, series, sheet.bag, first, end) == wanted


def test_a_day_of_very_many_counts_is_stored_by_quarter() -> None:
    quarters = {
        quarter: {code(Dim.PRINCIPAL, number): quarter + 1 for number in range(3000)} for quarter in (1, 7, 95, 3)
    }
    sheet = sheet_of(quarters)
    packed = pack_quarters(quarters)
    assert unpack_quarters(packed, sheet.series, sheet.bag) == quarters
    assert unpack_quarters(packed, sheet.series, sheet.bag, 7, 8) == {7: quarters[7]}


@pytest.mark.parametrize(("first", "end"), [(0, 1), (0, 60), (7, 96), (1, 95), (8, 90), (30, 40), (0, 96)])
def test_parts_of_a_day_of_very_many_counts(first: int, end: int) -> None:
    quarters = {
        quarter: {code(Dim.PRINCIPAL, number): quarter + 1 for number in range(3000)} for quarter in (1, 7, 95, 30)
    }
    sheet, total = sheet_of(quarters), Counter[int]()
    for quarter in set(quarters) & set(range(first, end)):
        total.update(quarters[quarter])
    found = unpack_part(pack_quarters(quarters), unpack_rows(pack_series(sheet.series)), of_bag(sheet.bag), first, end)
    assert to_bag(found) == total


def test_measures_without_a_count_are_left_out() -> None:
    assert unpack_series(pack_series({1: [0] * 96, 2: [0] * 95 + [3]})) == {2: [0] * 95 + [3]}


@given(st.dictionaries(st.sampled_from(SERIES), st.lists(st.integers(-3, 3), min_size=96, max_size=96)))
def test_series(series: Series) -> None:
    assert unpack_series(pack_series(series)) == {measure: counts for measure, counts in series.items() if any(counts)}
