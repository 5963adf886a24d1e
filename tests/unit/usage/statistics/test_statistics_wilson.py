"""Intervals of rates."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from steelyard.usage.statistics.wilson import interval


@pytest.mark.parametrize(
    ("good", "tries", "low", "high"),
    [(10, 10, 0.7225, 1.0), (0, 10, 0.0, 0.2775), (8, 10, 0.4902, 0.9433), (98, 100, 0.9300, 0.9945)],
)
def test_known_ones(good: int, tries: int, low: float, high: float) -> None:
    assert interval(good, tries) == pytest.approx((low, high), abs=1e-4)


def test_without_any_try_there_is_none() -> None:
    assert interval(0, 0) is None


@example(0, 137)
@given(st.integers(0, 1000), st.integers(1, 1000))
def test_it_holds_the_rate_and_stays_within_bounds(good: int, more: int) -> None:
    found = interval(good, good + more)
    assert found is not None
    assert 0.0 <= found[0] <= good / (good + more) <= found[1] <= 1.0
