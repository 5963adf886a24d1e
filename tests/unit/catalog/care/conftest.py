"""A store with one model of small files, and a verification of it that a worker has just claimed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from steelyard.catalog import blobs, revisions, store
from steelyard.catalog.care.tools import CareTools
from steelyard.catalog.care.verify import VERIFY
from steelyard.catalog.models import EntryName, File, FileState
from steelyard.catalog.service import refresh_status
from steelyard.core.ids import new_uuid
from steelyard.core.ref import Kind
from steelyard.db.database import Database
from steelyard.jobs import store as jobs
from steelyard.jobs.context import JobContext
from steelyard.jobs.models import Job, NewJob, Priority
from steelyard.storage.disk import DiskStorage
from steelyard.storage.fingerprint import Fingerprint
from steelyard.storage.layout import RepoFolder
from steelyard.testing.clock import HandClock
from steelyard.testing.source import digest_of

NAME = EntryName("huggingface", Kind.MODEL, "org/name")
FOLDER = RepoFolder(NAME.kind, NAME.repo)
COMMIT = "c" * 40
LEASE = timedelta(seconds=10)


@dataclass
class Shelf:
    """A store and its tables, and the steps that a test takes with them."""

    tools: CareTools
    clock: HandClock

    @property
    def database(self) -> Database:
        """The depot's database."""
        return self.tools.database

    def place(self, content: bytes) -> Path:
        """Where a blob with this content lies."""
        return self.tools.storage.layout.blob(FOLDER, digest_of(content))

    async def hold(self, *contents: bytes) -> int:
        """The model with these files, complete and sealed; its key."""
        files = [
            File(f"{number:04d}.txt", len(content), digest_of(content), FileState.LISTED)
            for number, content in enumerate(contents)
        ]
        for file, content in zip(files, contents, strict=True):
            with self.tools.storage.open_part(file.digest) as part:
                part.write(0, content)
            self.tools.storage.publish_part(file.digest, FOLDER)
            self.tools.storage.show(FOLDER, COMMIT, file.path, file.digest)
        seals = {digest_of(content): Fingerprint.of(self.place(content).stat()) for content in contents}

        def shelve(connection: Connection) -> int:
            entry = store.ensure(connection, NAME, "alice", self.clock.now())
            revision = revisions.ensure(connection, entry.id, COMMIT, self.clock.now())
            revisions.add_files(connection, revision.id, files)
            revisions.mark_files(connection, revision.id, [file.path for file in files], FileState.STORED)
            revisions.complete(connection, revision.id, "job", self.clock.now())
            blobs.seal(connection, entry.id, seals, self.clock.now())
            refresh_status(connection, entry.id)
            return entry.id

        return await self.database.write(shelve)

    async def add_job(self, kind: str, key: str, priority: Priority, entry: int = 0) -> Job:
        """A queued job."""
        new = NewJob(kind, key, {"entry": entry}, model=str(NAME), priority=priority)
        return await self.database.write(lambda connection: jobs.insert(connection, new, self.clock.now()))

    async def claim(self, job: Job) -> JobContext:
        """As a worker gets it."""
        asked_at = self.clock.monotonic()
        claimed = await self.database.write(
            lambda connection: jobs.claim(connection, job.id, "test", self.clock.now(), LEASE)
        )
        assert claimed is not None
        return JobContext(claimed, self.database, self.clock, LEASE.total_seconds(), asked_at)

    async def verification(self, entry: int) -> JobContext:
        """A verification of the model that is running."""
        return await self.claim(await self.add_job(VERIFY, new_uuid(), Priority.LOW, entry))

    async def states(self, entry: int) -> dict[str, FileState]:
        """The model's files as the table has them."""

        def read(connection: Connection) -> dict[str, FileState]:
            revision = revisions.find(connection, entry, COMMIT)
            assert revision is not None
            return {file.path: file.state for file in revisions.list_files(connection, revision.id)}

        return await self.database.read(read)


@pytest.fixture
def shelf(database: Database, clock: HandClock, tmp_path: Path) -> Iterator[Shelf]:
    """An empty one."""
    with ThreadPoolExecutor(1) as threads:
        yield Shelf(CareTools(database, DiskStorage(tmp_path / "store"), threads, clock), clock)
