"""Durations as Go writes them."""

import math

import pytest

from steelyard.dialects.ollama.durations import BadDuration, nanoseconds, seconds


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None), (0, 0), (300, 300), (1.5, 1.5), (-1, math.inf), ("0", 0), ("-1", math.inf), ("300", 300),
        ("5m", 300), ("1h30m", 5400), ("1.5h", 5400), ("250ms", 0.25), ("-1m", math.inf), ("+2s", 2),
        ("99999h", math.inf), (".5s", 0.5),
        ("1h2m3s", 3723),
    ],
)  # fmt: skip
def test_keep_alive_in_seconds(value: float | str | None, expected: float | None) -> None:
    assert seconds(value) == expected


@pytest.mark.parametrize("text", ["", "soon", "5 m", "m5", "1d", "5m!", "nan", "1h-2m", "--1", "1" * 65, "1h" * 33])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(BadDuration):
        seconds(text)


def test_nanoseconds_are_whole_and_never_negative() -> None:
    assert (nanoseconds(1.5), nanoseconds(None), nanoseconds(-3)) == (1_500_000, 0, 0)
