"""Zip files that hold pickles: what ``torch.save`` writes, and NumPy's ``.npz``.

Nothing is unpacked but the parts that a loader unpickles, and of those no more than a limit. What else is in the file
must be what the format has; a part that nobody knows might be what another program runs.
"""

import io
import re
import zipfile
from typing import BinaryIO

from steelyard.catalog.pickles.array import LONGEST_HEADER, judge_array
from steelyard.catalog.pickles.stream import judge_stream
from steelyard.catalog.pickles.words import Refused, shown

LONGEST_PART = (
    64 * 1024 * 1024
)  # bytes of one pickle in an archive; that of a model with 700 billion numbers has 0.3 MB
_TORCH = re.compile(
    r"data\.pkl|data/[^/]+|version|byteorder|\.data/serialization_id|\.format_version|\.storage_alignment"
)


def judge_archive(file: BinaryIO) -> None:
    """Raises Refused for anything but a plain archive of PyTorch or NumPy."""
    try:
        with zipfile.ZipFile(file) as archive:
            _judge(archive)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:  # as zipfile has it, also for encryption
        raise Refused("it is a damaged or encrypted zip file") from error


def _judge(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    names = [part.filename for part in parts]
    if not parts or len(set(names)) < len(names) or min(part.header_offset for part in parts) or archive.comment:
        raise Refused("it is a zip file that programs read in different ways")
    if all(name.endswith(".npy") for name in names):
        for part in parts:
            with archive.open(part) as data:
                judge_array(io.BytesIO(data.read(2 * LONGEST_HEADER)))
        return
    _require_torch(names)
    data_part = next(part for part in parts if part.filename.endswith("/data.pkl"))
    judge_whole(_content(archive, data_part))


def _require_torch(names: list[str]) -> None:
    top = names[0].partition("/")[0]
    strange = [name for name in names if not (name.startswith(f"{top}/") and _TORCH.fullmatch(name[len(top) + 1 :]))]
    if strange:
        raise Refused(f"it is an archive with {shown(min(strange))}, which cannot be judged")
    if f"{top}/data.pkl" not in names:
        raise Refused("it is an archive of an unknown kind")


def _content(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> BinaryIO:
    with archive.open(part) as data:
        content = data.read(LONGEST_PART + 1)
    if len(content) > LONGEST_PART:
        raise Refused(f"{shown(part.filename)} in it is too long to be judged")
    return io.BytesIO(content)


def judge_whole(data: BinaryIO) -> None:
    """One pickle and nothing behind it. Raises Refused."""
    judge_stream(data)
    if data.read(1):
        raise Refused("something follows the pickle in it")
