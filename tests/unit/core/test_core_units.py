"""Sizes and durations as people read and write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.core.units import format_duration, format_size, parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0), ("1000000", 1_000_000), (42, 42), ("1kB", 1000), ("1 KiB", 1024), ("14GB", 14 * 10**9),
        ("1.5 GiB", 3 * 2**29), ("  2 mb ", 2 * 10**6), ("1TB", 10**12), ("0.5TiB", 2**39), ("7b", 7),
    ],
)  # fmt: skip
def test_sizes_that_people_write(text: str | int, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "GB", "-1", "1e9", "1,5GB", "5 XB", "1 G B", ".5GB", "inf", "nan", -3, "9" * 400])
def test_what_is_no_size(text: str | int) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        parse_size(text)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"), (1, "1 B"), (999, "999 B"), (999.7, "1.0 kB"), (1000, "1.0 kB"), (64_200_000_000, "64.2 GB"),
        (99_949, "99.9 kB"), (99_950, "100 kB"), (999_499, "999 kB"), (999_500, "1.0 MB"), (10**15, "1000 TB"),
    ],
)  # fmt: skip
def test_sizes_as_people_read_them(size: float, text: str) -> None:
    assert format_size(size) == text


@given(st.integers(0, 10**16))
def test_a_written_size_is_near_the_truth(size: int) -> None:
    assert parse_size(format_size(size)) == pytest.approx(size, rel=0.06, abs=0.6)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"), (42.4, "42 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (112, "1 min 52 s"), (3599.6, "1 h 00 min"),
        (11_100, "3 h 05 min"), (360_000, "100 h 00 min"),
    ],
)  # fmt: skip
def test_durations_as_people_read_them(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text
