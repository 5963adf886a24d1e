"""Writes the head of a GGUF file. Format: ggml ``docs/gguf.md``, version 3."""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Value = str | bool | int | float | Sequence[str] | Sequence[int]
_ALIGNMENT = 32
_SIZES = {"F32": (0, 4), "F16": (1, 2)}  # the number of a type, and the bytes of one element


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor: its name, its shape with the innermost dimension last, ``F32`` or ``F16``."""

    name: str
    shape: tuple[int, ...]
    dtype: str

    @property
    def size(self) -> int:
        """Bytes."""
        return math.prod(self.shape) * _SIZES[self.dtype][1]


def head_of(metadata: Mapping[str, Value], tensors: Sequence[Tensor]) -> bytes:
    """All that stands before the data of the tensors, which follow in this order, each padded by ``padding``."""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    head += b"".join(_string(key) + _value(value) for key, value in metadata.items())
    offset = 0
    for tensor in tensors:
        shape = struct.pack(f"<I{len(tensor.shape)}Q", len(tensor.shape), *reversed(tensor.shape))
        head += _string(tensor.name) + shape + struct.pack("<IQ", _SIZES[tensor.dtype][0], offset)
        offset += tensor.size + len(padding(tensor.size))
    return head + padding(len(head))


def padding(size: int) -> bytes:
    """What follows so many bytes."""
    return bytes(-size % _ALIGNMENT)


def _value(value: Value) -> bytes:
    if isinstance(value, str | bool | int | float):
        kind, data = _scalar(value)
        return struct.pack("<I", kind) + data
    items = [_item(item) for item in value]
    return struct.pack("<IIQ", 9, items[0][0], len(items)) + b"".join(data for _, data in items)


def _item(value: str | int) -> tuple[int, bytes]:
    """Whole numbers in a list are signed: llama.cpp wants them so."""
    return (8, _string(value)) if isinstance(value, str) else (5, struct.pack("<i", value))


def _scalar(value: str | bool | int | float) -> tuple[int, bytes]:
    """The number of its type in the format's table, and its bytes."""
    if isinstance(value, str):
        return 8, _string(value)
    if isinstance(value, bool):
        return 7, struct.pack("<?", value)
    return (6, struct.pack("<f", value)) if isinstance(value, float) else (4, struct.pack("<I", value))


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data
