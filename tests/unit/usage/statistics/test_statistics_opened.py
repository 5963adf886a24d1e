"""Loose sheets are unpacked once, and again when they changed."""

from hypothesis import given
from hypothesis import strategies as st

from steelyard.testing.clock import HandClock
from steelyard.usage.counts import Counts, to_bag
from steelyard.usage.keys import QUARTERS
from steelyard.usage.packing import pack_bag, pack_loose, unpack_rows
from steelyard.usage.sheet_batches import Packed, Unpacking
from steelyard.usage.sheet_changes import packed_day
from steelyard.usage.sheets import Bag, Dim, add, code
from steelyard.usage.statistics.opened import Opened

DAY = 20_400
CODES = st.builds(code, st.sampled_from(Dim), st.integers(0, 40))
QUARTERS_OF_DAY = st.dictionaries(
    st.integers(0, 95), st.dictionaries(CODES, st.integers(1, 300), min_size=1), min_size=1, max_size=8
)


def loose(quarters: dict[int, Bag], day: int = DAY) -> Packed:
    """A loose sheet of the first hour of a day."""
    return Packed(5, day * 24, False, pack_loose(quarters))


def bags(found: dict[int, Counts]) -> dict[int, Bag]:
    """By quarter since 1970."""
    return {quarter: to_bag(counts) for quarter, counts in found.items()}


def test_what_looks_the_same_is_unpacked_once() -> None:
    opened = Opened(HandClock(), 60.0)
    first = opened.quarters(loose({0: {32: 1}, 3: {33: 7}}))
    assert bags(dict(first)) == {DAY * QUARTERS: {32: 1}, DAY * QUARTERS + 3: {33: 7}}
    assert opened.quarters(loose({0: {32: 1}, 3: {33: 7}})) is first


def test_a_bag_is_unpacked_once() -> None:
    opened, blob = Opened(HandClock(), 60.0), pack_bag({32: 1, 33: 7})
    first = opened.bag(blob)
    assert to_bag(first) == {32: 1, 33: 7}
    assert opened.bag(pack_bag({32: 1, 33: 7})) is first
    assert to_bag(opened.bag(pack_bag({32: 1}))) == {32: 1}


@given(QUARTERS_OF_DAY, st.integers(0, 96), st.integers(0, 96))
def test_a_part_of_a_day_is_the_sum_of_its_quarters(quarters: dict[int, Bag], first: int, end: int) -> None:
    sheet = packed_day(quarters)
    assert sheet is not None
    assert sheet.series is not None
    assert sheet.quarters is not None
    total: Bag = {}
    for quarter, bag in quarters.items():
        if first <= quarter < end:
            add(total, bag)
    rows = unpack_rows(sheet.series)
    for opener in (Opened(HandClock(), 60.0), Unpacking()):
        found = opener.part(sheet.bag, sheet.quarters, rows, first, max(first, end))
        assert to_bag(found) == total
        assert to_bag(opener.part(sheet.bag, sheet.quarters, rows, 0, 0)) == {}


def test_what_changed_and_what_is_of_another_day_is_unpacked_anew() -> None:
    opened = Opened(HandClock(), 60.0)
    opened.quarters(loose({0: {32: 1}}))
    assert bags(dict(opened.quarters(loose({0: {32: 2}})))) == {DAY * QUARTERS: {32: 2}}
    assert bags(dict(opened.quarters(loose({0: {32: 1}}, DAY + 1)))) == {(DAY + 1) * QUARTERS: {32: 1}}
