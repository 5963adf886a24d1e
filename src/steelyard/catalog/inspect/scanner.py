"""The JSON of a safetensors header, scanned strictly: exactly what the format allows, and nothing is built but counts.

A general parser makes an object for every three bytes of hostile input, 24 times the memory of the text.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator

from steelyard.catalog.inspect.errors import BadHeader, shown

_MOST_ELEMENTS = 2**63 - 1
_LONGEST_NAME = 1024
_BITS = {
    "BOOL": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8,
    "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32,
    "C64": 64, "F64": 64, "I64": 64, "U64": 64,
}  # fmt: skip
_SPACE = rb"[ \t\n\r]*+"
_PLAIN = rb'[^"\\\x00-\x1f]*+'
_ESCAPE = rb'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})'
_INNER = _PLAIN + rb"(?:" + _ESCAPE + _PLAIN + rb")*+"
_NUMBER = rb"(?:0|[1-9][0-9]{0,19})"
_NUMBERS = rb"\[" + _SPACE + rb"((?:" + _NUMBER + rb"(?:" + _SPACE + rb"," + _SPACE + _NUMBER + rb"){0,63})?)" + _SPACE
_KEY = re.compile(_SPACE + rb'"(' + _INNER + rb')"' + _SPACE + rb":" + _SPACE)
_FIELD = re.compile(
    _SPACE + rb'"(dtype|shape|data_offsets)"' + _SPACE + rb":" + _SPACE
    + rb'(?:"([A-Z0-9_]{1,16})"|' + _NUMBERS + rb"\])" + _SPACE
)  # fmt: skip
_TEXT = _SPACE + rb'"' + _INNER + rb'"' + _SPACE
_PAIR = _TEXT + rb":" + _TEXT
_METADATA = re.compile(rb"\{" + _SPACE + rb"(?:" + _PAIR + rb"(?:," + _PAIR + rb")*+)?\}" + _SPACE)
_OPEN = re.compile(_SPACE + rb"\{" + _SPACE)
_GAP = re.compile(_SPACE)


class Scanner:
    """Goes through the header once."""

    def __init__(self, header: bytes) -> None:
        self.dtypes: Counter[str] = Counter()
        self._header = header
        self._at = 0
        self._names: set[bytes] = set()
        self._spans: list[tuple[int, int]] = []

    def members(self) -> Iterator[bytes]:
        """The name of each member of the header; whoever asks goes past its value before asking for the next.

        Names count as they are read: an escape does not hide that one is there twice.
        """
        self._match(_OPEN)
        is_end = self._take(b"}")
        while not is_end:
            name = _name(self._match(_KEY)[1])
            if name in self._names:
                raise BadHeader(f"the name {shown(name)} is there twice")
            self._names.add(name)
            yield name
            is_end = self._take(b"}")
            if not is_end and not self._take(b","):
                raise self._unexpected()
        if self._at < len(self._header):
            raise self._unexpected()

    def skip_metadata(self) -> None:
        """Go past texts by name; their content is the writer's own affair."""
        self._match(_METADATA)

    def read_tensor(self, name: bytes) -> None:
        """Read one tensor's description, its three fields in any order, and count it."""
        fields: dict[bytes, re.Match[bytes]] = {}
        self._match(_OPEN)
        while not fields or self._take(b","):
            field = self._match(_FIELD)
            if field[1] in fields:
                raise BadHeader(f"the tensor {shown(name)} has two {field[1].decode()}")
            fields[field[1]] = field
        if not self._take(b"}"):
            raise self._unexpected()
        dtype, shape, offsets = _description(name, fields)
        self._count(name, dtype, shape, offsets)

    def check_spans(self, data: int) -> None:
        """Raise BadHeader unless the tensors fill the ``data`` bytes behind the header without overlap or gap."""
        expected = 0
        for begin, end in sorted(self._spans):
            if begin != expected:
                what = "overlap" if begin < expected else "leave a gap"
                raise BadHeader(f"its tensors {what} at byte {min(begin, expected):,} of the data")
            expected = end
        if expected != data:
            raise BadHeader(f"its tensors take {expected:,} bytes, {data:,} follow the header")

    def _count(self, name: bytes, dtype: str, shape: list[int], offsets: list[int]) -> None:
        elements = 1
        for length in shape:
            elements *= length
            if elements > _MOST_ELEMENTS:
                raise BadHeader(f"the tensor {shown(name)} has more elements than a number can say")
        begin, end = offsets
        if (end - begin) * 8 != elements * _BITS[dtype]:
            raise BadHeader(f"the tensor {shown(name)} has {end - begin:,} bytes, which its shape and type do not fill")
        self.dtypes[dtype] += elements
        if end > begin:
            self._spans.append((begin, end))

    def _match(self, pattern: re.Pattern[bytes]) -> re.Match[bytes]:
        found = pattern.match(self._header, self._at)
        if found is None:
            raise self._unexpected()
        self._at = found.end()
        return found

    def _take(self, letter: bytes) -> bool:
        found = self._header.startswith(letter, self._at)
        if found:
            self._at += 1
            self._match(_GAP)
        return found

    def _unexpected(self) -> BadHeader:
        here = self._header[self._at : self._at + 20].rstrip()
        if not here:
            return BadHeader("its header ends in the middle")
        return BadHeader(
            f"its header has {shown(here)} at byte {8 + self._at:,}, which the format does not allow there"
        )


def _name(written: bytes) -> bytes:
    if len(written) > _LONGEST_NAME:
        raise BadHeader(f"a name is {len(written):,} bytes long; the depot reads {_LONGEST_NAME:,}")
    if b"\\" not in written:
        return written
    return str(json.loads(b'"' + written + b'"')).encode("utf-8", "surrogatepass")


def _description(name: bytes, fields: dict[bytes, re.Match[bytes]]) -> tuple[str, list[int], list[int]]:
    missing = {b"dtype", b"shape", b"data_offsets"} - set(fields)
    if missing:
        raise BadHeader(f"the tensor {shown(name)} has no {min(missing).decode()}")
    dtype: bytes | None = fields[b"dtype"][2]
    shape, offsets = (_numbers(fields[key]) for key in (b"shape", b"data_offsets"))
    if dtype is None or shape is None or offsets is None or len(offsets) != 2:
        raise BadHeader(f"the tensor {shown(name)} has a field of the wrong type")
    if dtype.decode() not in _BITS:
        raise BadHeader(f"the tensor {shown(name)} has elements of type {shown(dtype)}, which is unknown")
    return dtype.decode(), shape, offsets


def _numbers(field: re.Match[bytes]) -> list[int] | None:
    text = field[3]
    return None if text is None else [int(number) for number in text.split(b",")] if text else []
