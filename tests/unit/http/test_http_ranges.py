"""Ranges and preconditions, as RFC 9110 has them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.http.ranges import ByteRange, RangeNotSatisfiable, allows_range, content_range, matches, parse_range

SIZES = st.integers(0, 10_000)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("bytes=0-0", ByteRange(0, 1)),
        ("bytes=0-499", ByteRange(0, 500)),
        ("bytes=500-999", ByteRange(500, 1000)),
        ("bytes=500-99999999999999999999999999", ByteRange(500, 1000)),
        ("bytes=999-", ByteRange(999, 1000, is_open=True)),
        ("bytes=0-", ByteRange(0, 1000, is_open=True)),
        ("bytes=-1", ByteRange(999, 1000)),
        ("bytes=-5000", ByteRange(0, 1000)),
        ("Bytes = 0001-2 ", ByteRange(1, 3)),
    ],
)
def test_a_range_is_inside_of_the_file(value: str, expected: ByteRange) -> None:
    assert parse_range(value, 1000) == expected


@pytest.mark.parametrize(
    "value",
    [
        None, "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-4", "bytes=0-1,4-5", "items=0-5", "bytes=0 -5",
        "bytes=+1-5", "bytes=1.0-5", "bytes=0x1-5", "bytes=١-٢", "bytes=0-5;", " bytes=0-5", "bytes=--5", "bytes=0-5-9",
    ],
)  # fmt: skip
def test_what_is_no_single_range_is_ignored(value: str | None) -> None:
    assert parse_range(value, 1000) is None


@pytest.mark.parametrize("value", ["bytes=1000-", "bytes=1000-2000", "bytes=-0", f"bytes={'9' * 100_000}-"])
def test_a_range_behind_the_end_cannot_be_served(value: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as refused:
        parse_range(value, 1000)
    assert (refused.value.status, refused.value.size, refused.value.content_range) == (416, 1000, "bytes */1000")


@pytest.mark.parametrize("value", ["bytes=0-", "bytes=0-5", "bytes=-5"])
def test_an_empty_file_is_served_whole(value: str) -> None:
    assert parse_range(value, 0) is None


def test_an_empty_file_has_no_later_bytes() -> None:
    with pytest.raises(RangeNotSatisfiable):
        parse_range("bytes=1-", 0)


@given(SIZES, st.integers(0, 20_000), st.none() | st.integers(0, 20_000))
def test_a_range_has_the_bytes_that_were_asked_for(size: int, first: int, last: int | None) -> None:
    content = bytes(number % 251 for number in range(size))
    try:
        part = parse_range(f"bytes={first}-{'' if last is None else last}", size)
    except RangeNotSatisfiable:
        assert first >= size
        return
    if part is None:
        assert size == 0 or (last is not None and last < first)
        return
    expected = content[first:] if last is None else content[first : last + 1]
    assert content[part.start : part.stop] == expected
    assert part.count == len(expected) > 0
    assert part.is_open == (last is None)
    assert content_range(part, size) == f"bytes {first}-{first + len(expected) - 1}/{size}"


@given(st.integers(1, 10_000), st.integers(1, 20_000))
def test_a_suffix_is_the_end_of_the_file(size: int, length: int) -> None:
    part = parse_range(f"bytes=-{length}", size)
    assert part == ByteRange(max(0, size - length), size)


@given(st.text(max_size=40) | st.from_regex(r"bytes=[0-9,\- ]*", fullmatch=True), SIZES)
def test_any_header_gives_a_range_inside_or_none(value: str, size: int) -> None:
    with suppress(RangeNotSatisfiable):
        part = parse_range(value, size)
        assert part is None or 0 <= part.start < part.stop <= size


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, False), ("", False), ('"abc"', True), ('W/"abc"', True), ("*", True), (" * ", True), ('"abd"', False),
        ('"x", "abc"', True), ('"x",W/"abc" , "y"', True), ("abc", False), ('"ab,c"', False), ('"x*"', False),
    ],
)  # fmt: skip
def test_if_none_match_compares_weakly(header: str | None, expected: bool) -> None:
    assert matches(header, '"abc"') is expected


def test_a_comma_inside_of_an_etag_separates_nothing() -> None:
    assert matches('"a,b"', '"a,b"')


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, True), ('"abc"', True), (' "abc" ', True), ('W/"abc"', False), ('"abd"', False), ("abc", False),
        ("", False), ("*", False), ("Wed, 21 Oct 2015 07:28:00 GMT", False), ('"abc", "abc"', False),
    ],
)  # fmt: skip
def test_if_range_wants_the_very_file(header: str | None, expected: bool) -> None:
    assert allows_range(header, '"abc"') is expected
