"""A database as the services see it: hand in a function of one connection, get its answer.

The function is the transaction: it commits when it returns and rolls back when it raises; nobody commits inside. On
PostgreSQL it may be run several times, so it must do nothing but SQL. SQL runs synchronously in threads: async drivers
were 2 to 5 times slower on SQLite and gained little on PostgreSQL.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.exc import DBAPIError

from steelyard.db import bulk, sqlite
from steelyard.db.lifeline import Lifeline
from steelyard.db.lock import OwnerLock
from steelyard.db.version import FileVersion, Unknown, Version

T = TypeVar("T")
Kind = Literal["sqlite", "postgresql"]


def never(_error: DBAPIError, _tries: int) -> float | None:
    """No error passes by trying again: there is one writer."""
    return None


def as_it_is(error: DBAPIError) -> Exception:
    """The driver's own error."""
    return error


def nothing() -> None:
    """Nobody has to be freed: a file does not hang."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How one kind of database wants to be treated.

    ``patience`` gives the seconds until a failed write is tried again, after so many tries, or None to give up;
    ``explain`` turns a driver's error into the one that callers see. ``sever`` ends every wait for a silent database.
    """

    kind: Kind
    readers: int
    writers: int
    patience: Callable[[DBAPIError, int], float | None] = never
    explain: Callable[[DBAPIError], Exception] = as_it_is
    sever: Callable[[], None] = nothing


class Database:
    """Two engines and their threads: one for reading, one for writing."""

    def __init__(
        self,
        reader: Engine,
        writer: Engine,
        manners: Manners,
        release: Callable[[], None],
        lifeline: Lifeline | None = None,
        version: Version | None = None,
    ) -> None:
        """``release`` is called last when the database is closed. ``lifeline``: nobody waits while that is cut."""
        self.version = version or Unknown()
        self._reader = reader
        self._writer = writer
        self._manners = manners
        self._release = release
        self._lifeline = lifeline
        self._before_read: Callable[[], Awaitable[object]] | None = None
        # Transactions of this process that collided are tried again one by one: together they would collide again, and
        # of 60 that changed the same records at once some gave up after 12 tries.
        self._again = asyncio.Lock()
        self._read_pool = ThreadPoolExecutor(manners.readers, thread_name_prefix="db-read")
        self._write_pool = ThreadPoolExecutor(manners.writers, thread_name_prefix="db-write")

    @property
    def kind(self) -> Kind:
        """What it is, as ``/health`` names it."""
        return self._manners.kind

    @property
    def writer(self) -> Engine:
        """The writing engine, for migrations."""
        return self._writer

    def before_read(self, ready: Callable[[], Awaitable[object]]) -> None:
        """Let every read wait for this: what its caller was told already is to be seen by it."""
        self._before_read = ready

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a read-only snapshot. Raises DatabaseAway."""
        if self._before_read is not None:
            await self._before_read()
        return await self._patiently(self._read_pool, self._reader, work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` as one transaction; when this returns it is on disk. Raises DatabaseAway.

        ``work`` is run again from its start when another transaction came in between.
        """
        return await self._patiently(self._write_pool, self._writer, work)

    async def append(self, table: Table, rows: Callable[[], Sequence[bulk.Row]]) -> None:
        """Insert rows into a SQLite file as one transaction, in half of the time that ``write`` takes for one row.

        ``rows`` is called in the writer's thread, before the transaction; whatever it raises comes back.
        """
        await asyncio.get_running_loop().run_in_executor(
            self._write_pool, lambda: bulk.append(self._writer, table, rows())
        )

    async def _patiently(self, pool: Executor, engine: Engine, work: Callable[[Connection], T]) -> T:
        try:
            return await self._run(pool, engine, work)
        except DBAPIError as error:
            pause = self._pause(error, tries=1)
        async with self._again:
            return await self._run_again(pool, engine, work, pause)

    async def _run_again(self, pool: Executor, engine: Engine, work: Callable[[Connection], T], pause: float) -> T:
        tries = 1
        while True:
            await asyncio.sleep(pause)
            tries += 1
            try:
                return await self._run(pool, engine, work)
            except DBAPIError as error:
                pause = self._pause(error, tries)

    def _pause(self, error: DBAPIError, tries: int) -> float:
        """Seconds until the next try; raises the error for callers when there is none."""
        pause = self._manners.patience(error, tries)
        if pause is None:
            raise self._manners.explain(error) from error
        return pause

    def close(self) -> None:
        """Finish what runs, checkpoint and let the database go; nobody waits for one that is silent."""
        if self._lifeline is not None and self._lifeline.is_cut:
            self._manners.sever()
        self._read_pool.shutdown()
        self._write_pool.shutdown()
        self.version.close()
        self._reader.dispose()
        self._writer.dispose()
        self._release()

    async def _run(self, pool: Executor, engine: Engine, work: Callable[[Connection], T]) -> T:
        def transaction() -> T:
            with engine.begin() as connection:
                return work(connection)

        loop = asyncio.get_running_loop()
        if self._lifeline is None:
            return await loop.run_in_executor(pool, transaction)
        self._lifeline.require()
        return await self._lifeline.through(loop.run_in_executor(pool, transaction))


def open_sqlite(path: Path, synchronous: sqlite.Synchronous) -> Database:
    """Open or create a SQLite file. Raises DatabaseInUse when another process owns it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = OwnerLock(path)
    lock.acquire()
    path.touch(mode=0o600)  # names and addresses of people are for the depot's user only
    manners = Manners("sqlite", readers=sqlite.READERS, writers=1)
    reader, writer = sqlite.reader_engine(path), sqlite.writer_engine(path, synchronous)
    return Database(reader, writer, manners, lock.release, version=FileVersion(path))
