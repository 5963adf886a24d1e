"""NumPy's ``.npy``: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html"""

import ast
import re
import struct
from typing import BinaryIO

from steelyard.catalog.pickles.words import Refused

MAGIC = b"\x93NUMPY"
_LENGTHS = {1: struct.Struct("<H"), 2: struct.Struct("<I"), 3: struct.Struct("<I")}
LONGEST_HEADER = 10_000  # numpy.lib.format reads no longer one either
_PLAIN = re.compile(r"[<>|=]?[?bBhHiIlLqQefdgFDGuacSUVMm]\d*(?:\[[0-9a-zA-Z]+\])?")  # every kind but objects


def judge_array(data: BinaryIO) -> None:
    """An array of plain numbers or texts passes, of which only the header is read.

    Raises Refused for arrays of objects, which are pickles, and for what is no array.
    """
    if data.read(len(MAGIC)) != MAGIC:
        raise Refused("it is no array")
    version = data.read(2)[:1]
    length = _LENGTHS.get(version[0]) if version else None
    if length is None:
        raise Refused("it is an array in an unknown version of the format")
    raw = data.read(length.size)
    if len(raw) < length.size or (count := length.unpack(raw)[0]) > LONGEST_HEADER:
        raise Refused("it is an array with a broken header")
    if _holds_objects(_described(data.read(count))):
        raise Refused("it is an array of objects, which is a pickle inside")


def _described(header: bytes) -> object:
    try:
        found = ast.literal_eval(header.decode("utf-8"))
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise Refused("it is an array with a broken header") from error
    if not isinstance(found, dict) or set(found) != {"descr", "fortran_order", "shape"}:
        raise Refused("it is an array with a broken header")
    return found["descr"]


def _holds_objects(description: object) -> bool:
    """A type is a text such as ``<f4``, a type with a shape, or a list of fields: a name, a type, perhaps a shape."""
    if isinstance(description, str):
        return _PLAIN.fullmatch(description) is None
    if isinstance(description, tuple) and len(description) == 2:
        return _holds_objects(description[0])
    if isinstance(description, list):
        return any(not isinstance(field, tuple) or len(field) < 2 or _holds_objects(field[1]) for field in description)
    return True
