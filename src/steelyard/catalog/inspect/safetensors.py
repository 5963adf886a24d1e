"""The header of a safetensors file. Format: https://github.com/huggingface/safetensors#format."""

from codecs import getincrementaldecoder
from collections import Counter
from dataclasses import dataclass
from struct import Struct
from typing import BinaryIO

from steelyard.catalog.inspect.errors import BadHeader
from steelyard.catalog.inspect.scanner import Scanner

_ALLOWED = 100_000_000  # bytes, by the format
_BUDGET = 8 * 1024 * 1024  # bytes; a shard's header is some 100 kB, a LoRA's with its training notes a few MB
_LENGTH = Struct("<Q")
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class SafetensorsHeader:
    """``parameters`` is the number of elements of all tensors, by element type in ``dtypes``."""

    parameters: int
    dtypes: Counter[str]


def read_safetensors(file: BinaryIO, size: int) -> SafetensorsHeader:
    """Read the header of a file of ``size`` bytes. Raises BadHeader."""
    header = _read_header(file, size)
    _check_text(header)
    scanner = Scanner(header)
    for name in scanner.members():
        if name == b"__metadata__":
            scanner.skip_metadata()
        else:
            scanner.read_tensor(name)
    scanner.check_spans(size - 8 - len(header))
    return SafetensorsHeader(scanner.dtypes.total(), scanner.dtypes)


def _read_header(file: BinaryIO, size: int) -> bytes:
    file.seek(0)
    start = file.read(8)
    if len(start) < 8:
        raise BadHeader(f"the file has {len(start)} bytes, too few for a header")
    (length,) = _LENGTH.unpack(start)
    if length > size - 8:
        raise BadHeader(f"its header announces {length:,} bytes, the file has {size:,}")
    if length > _ALLOWED:
        raise BadHeader(f"its header announces {length:,} bytes; the format allows {_ALLOWED:,}")
    if length > _BUDGET:
        raise BadHeader(f"its header announces {length:,} bytes; the depot reads {_BUDGET:,}")
    header = file.read(length)
    if len(header) < length:
        raise BadHeader(f"the file ends at byte {8 + len(header):,}, within its header")
    return header


def _check_text(header: bytes) -> None:
    """In pieces: one rare letter would make the decoded text four times as large."""
    decoder = getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(header), _PIECE):
            decoder.decode(header[start : start + _PIECE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise BadHeader("its header is not UTF-8 text") from error
