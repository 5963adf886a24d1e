"""Buckets of durations."""

from hypothesis import given
from hypothesis import strategies as st

from steelyard.usage.buckets import bucket_of, end_of, value_of

LONGEST = 2**53  # microseconds: 285 years


@given(st.integers(1, LONGEST))
def test_a_bucket_stands_for_its_durations_within_two_percent(microseconds: int) -> None:
    assert abs(value_of(bucket_of(microseconds)) / microseconds - 1) <= 0.02


@given(st.integers(0, LONGEST), st.integers(0, LONGEST))
def test_a_longer_duration_is_in_no_earlier_bucket(one: int, other: int) -> None:
    assert (bucket_of(one) <= bucket_of(other)) or one > other


@given(st.integers(1, LONGEST))
def test_a_duration_is_not_longer_than_its_bucket(microseconds: int) -> None:
    bucket = bucket_of(microseconds)
    assert end_of(bucket - 1) < microseconds * (1 + 1e-9)
    assert microseconds <= end_of(bucket) * (1 + 1e-9)


def test_nothing_has_a_bucket_of_its_own() -> None:
    assert (bucket_of(0), bucket_of(-5), bucket_of(1)) == (0, 0, 1)
    assert (value_of(0), end_of(0)) == (0.0, 0.0)
