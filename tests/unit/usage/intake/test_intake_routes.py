"""Telling lines from one object."""

import pytest

from steelyard.usage.intake.routes import is_lines


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"a": 1}\n{"a": 2}', True),
        (b' \n{"a": 1} \r\n\n {"a": 2}\n', True),
        (b'{"a": 1}', False),
        (b'{\n "a": 1\n}', False),
        (b'[{"a": 1},\n{"a": 2}]', False),
        (b"", False),
        (b"{}" + b"\n" * 2_000_000, False),  # by a regular expression this took hours
    ],
    ids=["two lines", "with blanks", "one", "one over lines", "an array", "nothing", "many ends of lines"],
)
def test_lines_are_told_from_one_object(body: bytes, expected: bool) -> None:
    assert is_lines(body) is expected
