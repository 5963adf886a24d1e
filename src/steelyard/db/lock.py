"""One process owns a SQLite file, and a store; a second one is told so at once instead of corrupting it slowly."""

from pathlib import Path

from filelock import FileLock, Timeout

from steelyard.core.errors import Conflict


class DatabaseInUse(Conflict):
    """Another process has this database or store open."""

    slug = "database-in-use"
    title = "Another process is using these files"


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
