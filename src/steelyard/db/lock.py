"""One process owns a SQLite file, and its store; a second one is told so at once instead of corrupting it slowly.

The processes of one PostgreSQL depot share their store, and keep a SQLite depot out of it.
"""

import os
import sys
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from steelyard.core.errors import Conflict

if sys.platform != "win32":
    import fcntl


class DatabaseInUse(Conflict):
    """Another process has this database or store open."""

    slug = "database-in-use"
    title = "Another process is using these files"


class StoreLock(Protocol):
    """Held from start to end of a process."""

    def release(self) -> None:
        """Let another process in."""


class OwnerLock:
    """An advisory lock beside the file; the operating system drops it when the process dies, however it dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = FileLock(f"{path}.lock")

    def acquire(self) -> None:
        """Take the lock. Raises DatabaseInUse."""
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise DatabaseInUse(
                f"Another steelyard process already uses {self._path.name}.",
                hint="Stop the other server, or start this one with another --home and --store.",
            ) from error

    def release(self) -> None:
        """Let another process in."""
        self._lock.release()


class SharedLock:
    """The same lock, held by several processes that work on one database; an owner and they exclude each other."""

    def __init__(self, path: Path) -> None:
        self._path = Path(f"{path}.lock")
        self._descriptor = -1

    def acquire(self) -> None:
        """Join the others. Raises DatabaseInUse when one process owns the files."""
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        if sys.platform != "win32":
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError as error:
                self.release()
                raise DatabaseInUse(
                    "A depot with a SQLite database uses this store.",
                    hint="Stop it, or give this process another --store.",
                ) from error

    def release(self) -> None:
        """Leave. May be called twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1
