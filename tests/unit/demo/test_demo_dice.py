"""Chance with a seed."""

import pytest

from steelyard.demo.dice import Dice


def _all(dice: Dice) -> list[object]:
    return [
        dice.happens(0.5), dice.between(1, 2), dice.count(3.0), dice.around(10, 0.5), dice.run(4.0),
        dice.one_of("abc"), dice.hexadecimal(12),
    ]  # fmt: skip


def test_the_same_seed_gives_the_same_and_another_one_something_else() -> None:
    assert _all(Dice(1, "a")) == _all(Dice(1, "a"))
    assert _all(Dice(1, "a")) != _all(Dice(2, "a"))


@pytest.mark.parametrize("mean", [0.3, 2.0, 11.0])
def test_counts_and_runs_have_the_mean_that_was_asked_for(mean: float) -> None:
    dice = Dice(7)
    counts = [dice.count(mean) for _ in range(4000)]
    assert min(counts) >= 0
    assert sum(counts) / 4000 == pytest.approx(mean, rel=0.1)
    runs = [dice.run(mean) for _ in range(4000)]
    assert min(runs) == 1
    assert sum(runs) / 4000 == pytest.approx(max(1.0, mean), rel=0.1)


def test_half_of_all_exceed_the_middle() -> None:
    dice = Dice(7)
    assert sum(dice.around(10.0, 1.0) > 10.0 for _ in range(2000)) == pytest.approx(1000, rel=0.1)
    assert len(dice.hexadecimal(40)) == 40
