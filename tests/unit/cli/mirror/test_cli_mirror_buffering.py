import pytest

from steelyard.cli.mirror.buffering import judge

MB = 1_000_000


@pytest.mark.parametrize(
    ("tiny", "first", "ended", "level"),
    [
        (0.01, 0.02, 3.0, "ok"),  # flows
        (0.01, 2.8, 3.0, "warning"),  # all at once
        (0.01, 0.3, 0.31, "ok"),  # over before anybody could tell
        (2.0, 2.1, 5.0, "ok"),  # a long way, and it flows
        (2.0, 4.9, 5.0, "warning"),
        (2.0, 2.1, 2.2, "ok"),  # a long way, and over at once
        (3.0, 2.0, 2.5, "ok"),  # the tiny one was the slower one
    ],
)
def test_where_the_time_went(tiny: float, first: float, ended: float, level: str) -> None:
    assert judge(tiny, first, ended, 32 * MB).level == level


def test_it_says_when_it_could_not_tell() -> None:
    assert "too quick to tell" in judge(0.01, 0.02, 0.1, 32 * MB).detail


def test_it_names_what_was_measured() -> None:
    assert "of 32.0 MB the first byte came after 2.8 s, all others within 200 ms" in judge(0, 2.8, 3.0, 32 * MB).detail
