"""One pickle in a file, disassembled and never run.

Read twice: first for its form (whole, short enough, nothing but opcodes whose meaning is in the file), then by
picklescan for the names that it imports. Only the names that picklescan lists as harmless pass (its ``--strict``).
"""

import io
import pickletools
from collections.abc import Iterator
from typing import BinaryIO

from picklescan.scanner import SafetyLevel, scan_pickle_bytes

from steelyard.catalog.pickles.words import Refused, shown

MOST_OPCODES = 1_000_000  # picklescan keeps every one: some 200 bytes each
_REGISTERED = frozenset({"EXT1", "EXT2", "EXT4"})  # they import what the loading program has registered
_TORCH_MAGIC = 0x1950A86A20F9469CFC6C  # torch.serialization.MAGIC_NUMBER: the first pickle of its old format


def judge_stream(data: BinaryIO) -> bool:
    """Judge the pickle that begins here; ``data`` stands behind it afterwards.

    Returns whether it is the magic number of PyTorch's old format. Raises Refused.
    """
    start = data.tell()
    is_magic = _require_form(data)
    end = data.tell()
    data.seek(start)
    found = scan_pickle_bytes(io.BytesIO(data.read(end - start)), "it", multiple_pickles=False, strict=True)
    imported = {f"{one.module}.{one.name}" for one in found.globals if one.safety is not SafetyLevel.Innocuous}
    if imported:
        raise Refused(*(f"it imports {shown(name)}" for name in sorted(imported)))
    if found.issues_count or found.suspicious_count or found.scan_err:
        raise Refused("picklescan does not trust it")
    return is_magic and not found.globals


def _require_form(data: BinaryIO) -> bool:
    numbers: list[object] = []
    count = 0
    for count, (name, argument) in enumerate(_opcodes(data), 1):
        if count > MOST_OPCODES:
            raise Refused(f"it has more than {MOST_OPCODES:,} steps, too many to be judged")
        if name in _REGISTERED:
            raise Refused("it imports something by a number that only the loading program knows")
        if count <= 2 and name in {"LONG1", "LONG4", "LONG"}:
            numbers.append(argument)
    return count <= 3 and numbers == [_TORCH_MAGIC]


def _opcodes(data: BinaryIO) -> Iterator[tuple[str, object]]:
    try:
        for opcode, argument, _ in pickletools.genops(data):
            yield opcode.name, argument
    except ValueError as error:  # what genops raises for all that is no pickle, or ends in the middle
        raise Refused("it is no whole pickle") from error
