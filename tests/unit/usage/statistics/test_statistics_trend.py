"""Rising, falling, or only up and down."""

import random

import pytest

from steelyard.usage.statistics.trend import trend_of


@pytest.mark.parametrize(
    ("values", "direction"),
    [
        (range(30), "rising"),
        (range(30, 0, -1), "falling"),
        ([3] * 30, "steady"),
        ([0, 0, 0, 1000] + [0] * 26, "steady"),  # one busy day is no trend
        ([1, 9, 2, 8, 3, 7, 4, 6, 5, 5], "steady"),
    ],
)
def test_directions(values: list[int], direction: str) -> None:
    found = trend_of(list(values))
    assert found is not None
    assert found.direction == direction


def test_three_days_tell_nothing() -> None:
    assert trend_of([1, 2, 3]) is None


def test_the_p_value_is_that_of_the_textbook() -> None:
    """By hand, after Gilbert (1987), Statistical Methods for Environmental Pollution Monitoring."""
    found = trend_of([10, 15, 14, 20])
    assert found is not None
    assert found.p == pytest.approx(0.30818, abs=1e-4)  # S = 4, Var = 8.667, Z = 3 / 2.944


def test_chance_alone_is_seldom_called_a_trend() -> None:
    dice = random.Random(7)  # noqa: S311 - seeded, so that it is always the same
    called = [trend_of([dice.randrange(50) for _ in range(30)]) for _ in range(400)]
    assert sum(one is not None and one.direction != "steady" for one in called) < 400 * 0.08


def test_years_of_days_are_added_up_first() -> None:
    found = trend_of(list(range(1000)))
    assert found is not None
    assert found.direction == "rising"
