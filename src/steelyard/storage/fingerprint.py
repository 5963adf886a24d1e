"""What tells one state of a file from another without reading it: size, inode and time of the last write.

A program that sets the time back after it has written is not noticed this way; hashing is what notices it.
"""

import os
from pathlib import Path
from typing import NamedTuple


class Fingerprint(NamedTuple):
    """Size in bytes, the file's number in its file system, and its last write in nanoseconds since 1970."""

    size: int
    inode: int
    mtime_ns: int

    @classmethod
    def of(cls, stat: os.stat_result) -> "Fingerprint":
        """From what the system says about a file."""
        return cls(stat.st_size, stat.st_ino, stat.st_mtime_ns)


def fingerprint(place: Path) -> Fingerprint | None:
    """Of the file behind a path, links followed; None when there is none. Raises OSError when that cannot be told."""
    try:
        return Fingerprint.of(place.stat())
    except (FileNotFoundError, NotADirectoryError):
        return None
