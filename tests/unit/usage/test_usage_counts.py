"""Counts in arrays: they add up as bags do."""

from hypothesis import given
from hypothesis import strategies as st

from steelyard.usage import counts
from steelyard.usage.counts import Counts, by_dim, of_bag, of_dim, summed, to_bag
from steelyard.usage.sheets import Bag, Dim, add, code

# Small codes have places in an array of their own, large ones are sorted.
CODES = st.builds(code, st.sampled_from(Dim), st.integers(0, 40) | st.integers(2**30, 2**32))
BAGS = st.dictionaries(CODES, st.integers(-50, 2**40).filter(bool), max_size=30)
SMALL = st.dictionaries(st.integers(0, 200), st.integers(-3, 3).filter(bool), max_size=30)


@given(BAGS | SMALL)
def test_a_bag_and_back(bag: Bag) -> None:
    assert to_bag(of_bag(bag)) == bag


@given(st.lists(BAGS | SMALL, max_size=6))
def test_they_add_up_as_bags_do(bags: list[Bag]) -> None:
    total: Bag = {}
    for bag in bags:
        add(total, bag)
    assert to_bag(summed(map(of_bag, bags))) == total


@given(BAGS)
def test_dimensions(bag: Bag) -> None:
    parts = by_dim(of_bag(bag))
    assert {code(dim, number): count for dim, part in parts.items() for number, count in part.items()} == bag
    assert all(of_dim(of_bag(bag), dim) == parts.get(dim, {}) for dim in Dim)


def test_one_count() -> None:
    found = of_bag({code(1, 5): 7})
    assert (found.of(code(1, 5)), found.of(code(1, 6))) == (7, 0)


def test_what_no_database_holds_is_the_largest_number() -> None:
    assert to_bag(of_bag({1: 2**70, 2: -(2**70), 3: 4})) == {1: 2**63 - 1, 2: 1 - 2**63, 3: 4}


def test_nothing() -> None:
    assert summed([counts.NOTHING]) == counts.NOTHING
    assert isinstance(summed([]), Counts)
