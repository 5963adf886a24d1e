"""The list of tensors in a GGUF header: what there is, and that their bytes lie inside the file and nowhere twice."""

from array import array
from collections import Counter
from dataclasses import dataclass
from struct import Struct

from steelyard.catalog.inspect.cursor import Cursor
from steelyard.catalog.inspect.errors import BadHeader, shown
from steelyard.catalog.inspect.ggml import ELEMENTS

_SMALLEST = 24  # bytes that one takes in the list
_MOST = 100_000
_LONGEST_NAME = 128
_MOST_DIMENSIONS = 4  # GGML_MAX_DIMS
_MOST_ELEMENTS = 2**63 - 1
_ELEMENTS_A_BYTE = 16  # more than any quantisation packs, for types newer than our table
_U32 = Struct("<I")
_SHAPES = [Struct(f"<{dimensions}Q") for dimensions in range(_MOST_DIMENSIONS + 1)]


@dataclass(frozen=True, slots=True)
class Tensors:
    """Elements of all tensors, and the word for the type that most of them have (None: no tensors, or unknown)."""

    elements: int
    word: str | None


def read_tensors(cursor: Cursor, count: int, alignment: int) -> Tensors:
    """Read the list, which ends the header. Raises BadHeader."""
    room = cursor.left // _SMALLEST
    if count > min(room, _MOST):
        raise BadHeader(f"it announces {count:,} tensors; the file has room for {room:,}, the depot reads {_MOST:,}")
    names: set[bytes] = set()
    spans = _Spans(alignment)
    kinds: Counter[int] = Counter()
    for _ in range(count):
        name = _name(cursor, names)
        elements, first = _shape(cursor, name)
        kind, offset = cursor.unpack(_U32), cursor.length()
        spans.add(name, offset, _size(cursor, name, kind, elements, first))
        kinds[kind] += elements
    if count:
        spans.check(cursor.position, cursor.size)
    total = kinds.total()
    if total > _MOST_ELEMENTS:
        raise BadHeader(f"its tensors have {total:,} elements together")
    best = ELEMENTS.get(kinds.most_common(1)[0][0]) if kinds else None
    return Tensors(total, best.word if best else None)


def _name(cursor: Cursor, names: set[bytes]) -> bytes:
    length = cursor.length()
    if length > _LONGEST_NAME:
        raise BadHeader(f"the name of a tensor is {length:,} bytes long; {_LONGEST_NAME} are allowed")
    name = cursor.take(length)
    if name in names:
        raise BadHeader(f"the tensor {shown(name)} is there twice")
    names.add(name)
    return name


def _shape(cursor: Cursor, name: bytes) -> tuple[int, int]:
    """How many elements, and how many in a row."""
    dimensions = cursor.unpack(_U32)
    if dimensions > _MOST_DIMENSIONS:
        raise BadHeader(f"the tensor {shown(name)} has {dimensions:,} dimensions; {_MOST_DIMENSIONS} are allowed")
    shape = _SHAPES[dimensions].unpack(cursor.take(8 * dimensions))
    elements = 1
    for length in shape:
        elements *= length
    if max(shape, default=0) > _MOST_ELEMENTS or elements > _MOST_ELEMENTS:
        raise BadHeader(f"the tensor {shown(name)} has {elements:,} elements")
    return elements, shape[0] if shape else 1


def _size(cursor: Cursor, name: bytes, kind: int, elements: int, row: int) -> int:
    """Bytes of a tensor; 0 for a type newer than our table."""
    element = ELEMENTS.get(kind)
    if element is None:
        if elements > cursor.size * _ELEMENTS_A_BYTE:
            raise BadHeader(f"the tensor {shown(name)} has {elements:,} elements, more than the file can hold")
        return 0
    if row % element.block:
        raise BadHeader(f"the tensor {shown(name)} has rows of {row:,}, which {element.word} cannot hold")
    return elements // element.block * element.size


class _Spans:
    """Where each tensor's bytes lie in the data, in numbers only: a header may list a hundred thousand."""

    def __init__(self, alignment: int) -> None:
        self._alignment = alignment
        self._offsets = array("Q")
        self._sizes = array("Q")

    def add(self, name: bytes, offset: int, size: int) -> None:
        if offset % self._alignment:
            raise BadHeader(f"the tensor {shown(name)} begins at {offset:,}, not at a multiple of {self._alignment}")
        if size > _MOST_ELEMENTS:
            raise BadHeader(f"the tensor {shown(name)} has {size:,} bytes")
        self._offsets.append(offset)
        self._sizes.append(size)

    def check(self, header: int, file: int) -> None:
        """Raise BadHeader unless all of them lie behind the header, inside the file, and apart."""
        data = -(-header // self._alignment) * self._alignment
        end = 0
        for number in sorted(range(len(self._offsets)), key=self._offsets.__getitem__):
            offset = self._offsets[number]
            if offset < end:
                raise BadHeader(f"two tensors share the byte {offset:,} of the data")
            end = offset + self._sizes[number]
        if end and data + end > file:
            raise BadHeader(f"its tensors end at byte {data + end:,}, the file has {file:,}")
