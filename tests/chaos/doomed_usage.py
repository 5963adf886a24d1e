"""A recorder of a slow database, which kills itself at one chosen step.

``python -m tests.chaos.doomed_usage STEP DATABASE SPOOL FIRST``. DATABASE is the path of a SQLite file or the address
of a PostgreSQL database; events are numbered from FIRST on, and each number is printed once its event is safe. STEP is
``none`` (it lives and stops as it should), ``put`` (a batch is in the spool), ``commit`` (a batch is in the database,
and nobody knows), ``replay`` (the same of a batch from the spool), ``settle`` (the spool has let a page go), or
``adopt`` (half of what a dead process left is taken over).
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import Connection

from steelyard.core.clock import system_clock
from steelyard.db.database import Database, open_sqlite
from steelyard.db.errors import DatabaseAway
from steelyard.db.postgres import open_postgres
from steelyard.usage.events import Event
from steelyard.usage.recorder import Recorder
from steelyard.usage.spool import Page, Ticket
from steelyard.usage.spool_files import FileSpool
from steelyard.usage.writing import Kept

EVENTS, CALLERS = 120, 8
T = TypeVar("T")


def die() -> None:
    """As kill -9 would have it."""
    os.kill(os.getpid(), signal.SIGKILL)


class DoomedSpool(FileSpool):
    """Small pages, and dies at a step of its own."""

    def __init__(self, folder: Path, step: str) -> None:
        self._step, self._left = step, 3
        self.was_read = False
        super().__init__(folder, system_clock, page=2000)

    def put(self, batch: Sequence[Kept], since: float) -> Ticket:
        """The batch is kept, and nobody was told."""
        ticket = super().put(batch, since)
        self._maybe("put")
        return ticket

    def first(self) -> Page | None:
        """From here on, what is written is of the spool."""
        self.was_read = True
        return super().first()

    def settle(self, ticket: Ticket) -> None:
        """The page is gone."""
        super().settle(ticket)
        self._maybe("settle")

    def _found(self, number: int) -> Any:
        self._maybe("adopt")
        return super()._found(number)

    def _maybe(self, step: str) -> None:
        self._left -= step == self._step
        if self._left == 0:
            die()


class SlowDatabase:
    """Away at first, then longer about each second transaction than anybody has patience."""

    kind = "any"

    def __init__(self, database: Database, step: str, spool: DoomedSpool) -> None:
        self._database, self._step, self._spool = database, step, spool
        self._tries = 0

    async def write(self, work: Callable[[Connection], T]) -> T:
        """As Database does."""
        self._tries += 1
        if self._tries % 9 == 1:
            raise DatabaseAway("away", hint="wait")
        await asyncio.sleep(0.03 * (self._tries % 3 == 0))
        answer = await self._database.write(work)
        if (self._step == "commit" and self._tries > 12) or (self._step == "replay" and self._spool.was_read):
            die()
        await asyncio.sleep(0.03 * (self._tries % 2))
        return answer


async def main(step: str, database: str, spool: str, first: int) -> None:
    """Record, and say what is safe."""
    opened = (
        open_postgres(database, isolation="READ COMMITTED")
        if "://" in database
        else open_sqlite(Path(database), "NORMAL")
    )
    doomed = DoomedSpool(Path(spool), step)
    recorder = Recorder(cast("Database", SlowDatabase(opened, step, doomed)), system_clock, doomed, pause=0.02)
    running = asyncio.create_task(recorder.run())
    shares = (range(first + number, first + EVENTS, CALLERS) for number in range(CALLERS))
    await asyncio.gather(*(_caller(recorder, numbers) for numbers in shares))
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    opened.close()


async def _caller(recorder: Recorder, numbers: range) -> None:
    for number in numbers:
        await recorder.record(Event(type="model_access", at=datetime.now(UTC), bytes_out=number))
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
