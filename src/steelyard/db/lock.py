"""One process owns a SQLite file; a second one is told so at once instead of corrupting it slowly."""

from pathlib import Path

from filelock import FileLock, Timeout

from steelyard.core.errors import Conflict


class DatabaseInUse(Conflict):
    """Another process has this database open."""

    slug = "database-in-use"
    title = "The database is in use by another process"


class OwnerLock:
    """An advisory lock beside the file; the operating system drops it when the process dies, however it dies."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._lock = FileLock(f"{database}.lock")

    def acquire(self) -> None:
        """Take the lock. Raises DatabaseInUse."""
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise DatabaseInUse(
                f"Another steelyard process already uses {self._database.name}.",
                hint="Stop the other server, or start this one with another STEELYARD_HOME (option --home).",
            ) from error

    def release(self) -> None:
        """Let another process in."""
        self._lock.release()
