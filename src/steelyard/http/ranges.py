"""Which bytes of a file a request asks for: RFC 9110, section 13 (preconditions) and section 14 (ranges)."""

import re
from dataclasses import dataclass

from steelyard.core.errors import SteelyardError

_RANGE = re.compile(r"bytes[ \t]*=[ \t]*(?P<first>[0-9]*)-(?P<last>[0-9]*)[ \t]*", re.IGNORECASE)
_DIGITS = 19  # no file has a longer size; Python takes quadratic time for endless numbers
_STRONG = re.compile(r'"[\x21\x23-\x7e\x80-\xff]*"')
_LISTED = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


class RangeNotSatisfiable(SteelyardError):
    """The range begins behind the last byte; ``size`` is that of the file."""

    status = 416
    slug = "range-not-satisfiable"
    title = "The file has no such bytes"
    size: int = 0

    @property
    def content_range(self) -> str:
        """The value of ``Content-Range`` that has to stand in the answer."""
        return f"bytes */{self.size}"


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes from ``start`` up to, and without, ``stop``. ``is_open``: all from ``start`` on was asked for."""

    start: int
    stop: int
    is_open: bool = False

    @property
    def count(self) -> int:
        """How many bytes these are."""
        return self.stop - self.start


def parse_range(value: str | None, size: int) -> ByteRange | None:
    """The range that a ``Range`` header asks for, inside a file of ``size`` bytes; None: serve the whole.

    Several ranges, other units and what is malformed are ignored, as section 14.2 allows; so is every range of an empty
    file that begins where it ends. Raises RangeNotSatisfiable for a range that begins behind the end.
    """
    match = _RANGE.fullmatch(value) if value is not None else None
    if match is None or match["first"] == match["last"] == "":
        return None
    if match["first"] == "":
        return _suffix(_number(match["last"]), size)
    return _from(_number(match["first"]), match["last"], size)


def content_range(asked: ByteRange, size: int) -> str:
    """The value of ``Content-Range`` for a part of a file (section 14.4)."""
    return f"bytes {asked.start}-{asked.stop - 1}/{size}"


def matches(header: str | None, etag: str) -> bool:
    """Whether an ``If-None-Match`` names what has this quoted ETag, or anything; weak comparison (section 13.1.2)."""
    if header is None:
        return False
    return header.strip() == "*" or etag in _LISTED.findall(header)


def allows_range(if_range: str | None, etag: str) -> bool:
    """Whether a range may be served in spite of ``If-Range``: it is absent, or is this ETag (section 13.1.5).

    A date or a weak ETag proves nothing: the whole file is served then.
    """
    if if_range is None:
        return True
    asked = if_range.strip()
    return _STRONG.fullmatch(asked) is not None and asked == etag


def _suffix(length: int, size: int) -> ByteRange | None:
    """The last bytes. Of none there is no range (section 14.1.2), and no ``Content-Range`` can tell of an empty one."""
    if length == 0:
        raise _beyond(size)
    return ByteRange(max(0, size - length), size) if size > 0 else None


def _from(first: int, last: str, size: int) -> ByteRange | None:
    if last != "" and _number(last) < first:
        return None
    if first == size == 0:
        return None
    if first >= size:
        raise _beyond(size)
    return ByteRange(first, size if last == "" else min(_number(last) + 1, size), is_open=last == "")


def _beyond(size: int) -> RangeNotSatisfiable:
    error = RangeNotSatisfiable(f"The file has {size} bytes.", hint="Ask for a range inside of it, or without a range.")
    error.size = size
    return error


def _number(digits: str) -> int:
    significant = digits.lstrip("0")
    return int(significant or "0") if len(significant) <= _DIGITS else int("9" * _DIGITS)
