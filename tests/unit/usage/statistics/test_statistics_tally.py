"""What a tally holds."""

from steelyard.usage.counts import of_bag
from steelyard.usage.statistics.tally import Tally, counts_of


def test_its_weight_is_the_counts_it_holds() -> None:
    empty = counts_of(Tally())
    assert counts_of(Tally(counts=of_bag(dict.fromkeys(range(70), 5)), daily={20_000: 1})) == empty + 11
