"""A database as the services see it: hand in a function of one connection, get its answer.

The function is the transaction: it commits when it returns and rolls back when it raises; nobody commits inside. SQL
runs synchronously in threads: async drivers were 2 to 5 times slower on SQLite and gained little on PostgreSQL.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine

from steelyard.db import sqlite
from steelyard.db.lock import OwnerLock

T = TypeVar("T")


class Database:
    """Two engines and their threads: one for reading, one for writing."""

    def __init__(self, reader: Engine, writer: Engine, lock: OwnerLock) -> None:
        self._reader = reader
        self._writer = writer
        self._lock = lock
        self._read_pool = ThreadPoolExecutor(sqlite.READERS, thread_name_prefix="db-read")
        self._write_pool = ThreadPoolExecutor(1, thread_name_prefix="db-write")

    @property
    def writer(self) -> Engine:
        """The writing engine, for migrations."""
        return self._writer

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a read-only snapshot."""
        return await self._run(self._read_pool, self._reader, work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` as one transaction; when this returns it is on disk."""
        return await self._run(self._write_pool, self._writer, work)

    def close(self) -> None:
        """Finish what runs, checkpoint and let the file go."""
        self._read_pool.shutdown()
        self._write_pool.shutdown()
        self._reader.dispose()
        self._writer.dispose()
        self._lock.release()

    @staticmethod
    async def _run(pool: Executor, engine: Engine, work: Callable[[Connection], T]) -> T:
        def transaction() -> T:
            with engine.begin() as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(pool, transaction)


def open_sqlite(path: Path, synchronous: sqlite.Synchronous) -> Database:
    """Open or create a SQLite file. Raises DatabaseInUse when another process owns it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = OwnerLock(path)
    lock.acquire()
    path.touch(mode=0o600)  # names and addresses of people are for the depot's user only
    return Database(sqlite.reader_engine(path), sqlite.writer_engine(path, synchronous), lock)
