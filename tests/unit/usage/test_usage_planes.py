"""Numbers as planes of bytes: they come out as they went in, and small ones are short."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.usage.planes import folded, from_planes, to_planes, unfolded

ANY = st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20)


@given(ANY)
def test_numbers_of_either_sign(numbers: list[int]) -> None:
    array = np.array(numbers, np.int64)
    assert unfolded(from_planes(to_planes(folded(array)))).tolist() == numbers


@pytest.mark.parametrize(("number", "planes"), [(0, 1), (255, 1), (256, 2), (2**40, 6), (2**63 - 1, 8)])
def test_there_are_as_many_planes_as_the_largest_number_needs(number: int, planes: int) -> None:
    assert len(to_planes(np.array([number, 1, 1], np.int64))) == 1 + 3 * planes


def test_small_numbers_of_either_sign_stay_small() -> None:
    assert folded(np.array([0, -1, 1, -2], np.int64)).tolist() == [0, 1, 2, 3]
