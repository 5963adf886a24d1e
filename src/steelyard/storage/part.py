"""A file that is coming in. Bytes are written at offsets, never appended.

Whoever writes holds the operating system's lock on the very file, not on its name. A worker that was frozen and lost
its lease still holds that lock; whoever takes over gives the name to a copy, so that what the old one writes when it
wakes up reaches nobody.
"""

import os
from pathlib import Path
from types import TracebackType

from filelock import lock_descriptor

from steelyard.core.digest import Hasher

_READ_SIZE = 4 * 1024 * 1024


class PartFile:
    """An open part file. Its length is what has arrived, since bytes come in order. Used from worker threads."""

    EXISTING = os.O_RDWR

    def __init__(self, path: Path, flags: int = os.O_RDWR | os.O_CREAT) -> None:
        self._descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o600)

    @classmethod
    def read_only(cls, path: Path) -> "PartFile":
        """An existing file, to be hashed. Raises FileNotFoundError."""
        return cls(path, os.O_RDONLY)

    @property
    def inode(self) -> int:
        """Which file it is, whatever it is called by now."""
        return os.fstat(self._descriptor).st_ino

    def lock(self) -> bool:
        """Whether the file is ours alone now, until it is closed; False while somebody else writes it."""
        return lock_descriptor(self._descriptor, blocking=False)

    def __enter__(self) -> "PartFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def size(self) -> int:
        """Bytes that are there."""
        return os.fstat(self._descriptor).st_size

    def write(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Put all of ``data`` at ``offset``. Raises OSError (ENOSPC when the disk is full)."""
        view = memoryview(data)
        os.lseek(self._descriptor, offset, os.SEEK_SET)
        while view:
            view = view[os.write(self._descriptor, view) :]

    def hash_into(self, hasher: Hasher, start: int, length: int) -> int:
        """Feed up to ``length`` bytes from ``start`` to a hasher; returns how many there were."""
        os.lseek(self._descriptor, start, os.SEEK_SET)
        done = 0
        while done < length and (block := os.read(self._descriptor, min(_READ_SIZE, length - done))):
            hasher.update(block)
            done += len(block)
        return done

    def truncate(self, size: int) -> None:
        """Forget everything behind ``size``."""
        os.ftruncate(self._descriptor, size)

    def sync(self) -> None:
        """Bytes are on the disk when this returns."""
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Let the file go; what is in it stays. May be called twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1
