"""Whether a database is still what it was: a value that changes with every commit, cheap enough for every request.

Who remembers what was made of several tables keeps this beside it, and need not know which of them it was made of.
"""

import threading
from collections.abc import Hashable
from pathlib import Path
from typing import Any, Protocol

from steelyard.db import sqlite


class Version(Protocol):
    """Tells the versions of one database apart. Threads may share it."""

    def now(self) -> Hashable | None:
        """Other than before whenever somebody committed since; None when nobody can tell.

        What is read after this was called is at least as new as what it says.
        """

    def close(self) -> None:
        """Let the database go; nobody can tell any more."""


class Unknown:
    """Of PostgreSQL: it has no sign that is of one database, exact, and cheap. Its counters of rows come up to a second
    late, and ids of transactions change with every event."""

    def now(self) -> Hashable | None:
        """Nobody can tell."""
        return None

    def close(self) -> None:
        """There is nothing to let go."""


class FileVersion:
    """Of a SQLite file: a connection that only asks whether others have committed, which takes 10 µs."""

    def __init__(self, path: Path) -> None:
        """The file is opened when somebody asks first."""
        self._path = path
        self._lock = threading.Lock()
        self._connection: Any = None
        self._is_closed = False

    def now(self) -> Hashable | None:
        """The number that SQLite gives to what this connection sees."""
        with self._lock:
            if self._is_closed:
                return None
            try:
                return int(self._open().execute("PRAGMA data_version").fetchone()[0])
            except sqlite.driver().Error:  # somebody holds the file for themselves: as if it had changed
                return None

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._is_closed = True
            if self._connection is not None:
                self._connection.close()

    def _open(self) -> Any:
        if self._connection is None:
            # Nobody waits for an answer to this: it is asked by whoever answers everybody.
            self._connection = sqlite.driver().connect(
                self._path, timeout=0, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA query_only=ON")
        return self._connection
