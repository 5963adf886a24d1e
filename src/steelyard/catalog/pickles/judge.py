"""Tells what a file is by its bytes, never by its name, and judges it as that.

What is none of these stays where it is: a tar file, a compressed one, a program in TorchScript.
"""

import tarfile
import zipfile
from typing import BinaryIO

from steelyard.catalog.pickles.archive import judge_archive
from steelyard.catalog.pickles.array import MAGIC as ARRAY
from steelyard.catalog.pickles.array import judge_array
from steelyard.catalog.pickles.stream import judge_stream
from steelyard.catalog.pickles.verdict import Verdict
from steelyard.catalog.pickles.words import Refused

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_MOST_PICKLES = 100  # in one file, one behind the other
_OLD_TORCH = 4  # pickles behind the magic number: protocol, system, the object itself, the keys of its numbers


def judge(file: BinaryIO, size: int) -> Verdict:
    """What a scan of this file says, which is ``size`` bytes long. Raises OSError, MemoryError, RecursionError."""
    try:
        _judge(file, size)
    except Refused as error:
        return Verdict(False, error.reasons)
    return Verdict(True)


def _judge(file: BinaryIO, size: int) -> None:
    head = file.read(len(ARRAY))
    file.seek(0)
    if head.startswith(_ZIP):
        judge_archive(file)
        return
    if tarfile.is_tarfile(file) or zipfile.is_zipfile(file):
        raise Refused("it is an archive of an unknown kind, or one is hidden in it")
    file.seek(0)
    if head == ARRAY:
        judge_array(file)
    elif judge_stream(file):
        for _ in range(_OLD_TORCH):
            judge_stream(file)  # and then the numbers, which no loader unpickles
    else:
        _judge_rest(file, size)


def _judge_rest(file: BinaryIO, size: int) -> None:
    """Whatever follows the first pickle must be further ones: there are programs that load them all."""
    for _ in range(_MOST_PICKLES):
        if file.tell() >= size:
            return
        judge_stream(file)
    raise Refused(f"it has more than {_MOST_PICKLES} pickles")
