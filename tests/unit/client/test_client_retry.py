from hypothesis import given
from hypothesis import strategies as st

from steelyard.client.retry import Retry


def test_waits_double_until_the_attempts_are_used_up() -> None:
    retry = Retry(attempts=4, first_wait=1.0, longest=3.0)

    assert [retry.wait(tried) for tried in (1, 2, 3, 4)] == [1.0, 2.0, 3.0, None]


def test_the_server_may_ask_for_more_time_but_not_for_too_much() -> None:
    retry = Retry(attempts=3, first_wait=1.0, longest=10.0)

    assert retry.wait(1, retry_after=5.0) == 5.0
    assert retry.wait(1, retry_after=0.0) == 1.0
    assert retry.wait(1, retry_after=11.0) is None


@given(st.integers(0, 100_000))
def test_a_pause_is_never_longer_than_the_longest(tried: int) -> None:
    assert 0 < Retry().pause(tried) <= Retry().longest
