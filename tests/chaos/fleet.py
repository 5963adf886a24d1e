"""Several servers and workers of one depot: a PostgreSQL, a store, and a process for each."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import psycopg
from psycopg.rows import dict_row

from steelyard.testing.hub import StandInHub
from steelyard.testing.process import DepotProcess, SteelyardProcess, WorkerProcess

P = TypeVar("P", bound=SteelyardProcess)


@dataclass(frozen=True)
class Row:
    """A job as the table has it."""

    status: str
    attempt: int
    lease_owner: str | None
    downloaded_bytes: int

    @property
    def pid(self) -> int:
        """The process that holds the lease; 0 when none does."""
        return int(self.lease_owner.split(":")[1]) if self.lease_owner else 0


@dataclass
class Fleet:
    """``database`` is the address of the records; everything lies in ``folder``."""

    hub: StandInHub
    folder: Path
    database: str
    running: ExitStack
    workers: list[WorkerProcess] = field(default_factory=list)
    more: dict[str, str] = field(default_factory=dict)

    @property
    def store(self) -> Path:
        """The shared folder with the bytes."""
        return self.folder / "store"

    def serve(self, name: str) -> DepotProcess:
        """One more server that starts; ``wait`` for it before asking it."""
        more = {**self.shared, "STEELYARD_ROLES": "api"}
        return self._crewed(DepotProcess(self._home(name), self.hub.url, more=more))

    def hire(self, name: str) -> WorkerProcess:
        """One more worker that starts; it is among ``workers`` at once."""
        worker = self._crewed(WorkerProcess(self._home(name), self.hub.url, more=self.shared))
        self.workers.append(worker)
        return worker

    def job(self, job_id: str) -> Row:
        """A job."""
        wanted = "SELECT status, attempt, lease_owner, downloaded_bytes FROM jobs WHERE id = %s"
        with psycopg.connect(self.database, row_factory=dict_row) as connection:
            row = connection.execute(wanted, (job_id,)).fetchone()
        assert row is not None
        return Row(**row)

    def owner(self, job_id: str) -> WorkerProcess:
        """The worker that has the job."""
        pid = self.job(job_id).pid
        (owner,) = [worker for worker in self.workers if worker.pid == pid]
        return owner

    def claims(self) -> int:
        """How many blobs are claimed by jobs."""
        with psycopg.connect(self.database) as connection:
            rows = connection.execute("SELECT digest FROM download_blob_claims").fetchall()
        return len(rows)

    @property
    def shared(self) -> dict[str, str]:
        """The variables of each of its processes."""
        # A machine that is busy with other tests may be slow to answer.
        patient = {"STEELYARD_DATABASE_SILENCE_SECONDS": "5"}
        return {"DATABASE_URL": self.database, "STEELYARD_STORE": str(self.store), **patient, **self.more}

    def _crewed(self, process: P) -> P:
        self.running.push(process)  # whatever happens from here on, it is stopped at the end
        return process

    def _home(self, name: str) -> Path:
        home = self.folder / name
        home.mkdir(exist_ok=True)
        return home


@contextmanager
def open_fleet(hub: StandInHub, folder: Path, database: str) -> Iterator[Fleet]:
    """A fleet without a ship; all its processes have ended when the block has."""
    with ExitStack() as running:
        yield Fleet(hub, folder, database, running)
