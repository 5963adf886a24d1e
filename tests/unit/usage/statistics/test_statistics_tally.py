"""What a tally holds."""

from steelyard.usage.statistics.tally import Tally, counts_of


def test_its_weight_is_the_counts_it_holds() -> None:
    empty = counts_of(Tally())
    assert counts_of(Tally(bag={1: 5, 2: 6}, daily={20_000: 1})) == empty + 3
