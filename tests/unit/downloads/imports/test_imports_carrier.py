"""A model that somebody deletes while its files are read is refused, and stays where it was put."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from steelyard.catalog import store as catalog
from steelyard.catalog import trash_store
from steelyard.catalog.models import FOLDER_HUB, EntryName
from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.db.database import Database
from steelyard.downloads.imports.carrier import Carrier
from steelyard.downloads.imports.models import Asked, FoundFile, FoundModel, FoundRevision
from steelyard.downloads.imports.reader import Reader
from steelyard.downloads.imports.report import Outcome
from steelyard.downloads.imports.standing import BEING_PURGED, IN_TRASH
from steelyard.downloads.imports.tally import Tally
from steelyard.downloads.locks import PartLocks
from steelyard.downloads.meter import Meter
from steelyard.downloads.settings import DownloadSettings
from steelyard.downloads.tools import Tools
from steelyard.jobs import store as jobs
from steelyard.jobs.context import JobContext
from steelyard.jobs.models import NewJob
from steelyard.storage.disk import DiskStorage
from steelyard.storage.fingerprint import Fingerprint
from steelyard.testing.clock import HandClock

NAME = EntryName(FOLDER_HUB, Kind.MODEL, "llama")
LEASE = timedelta(seconds=10)


class Meddled(Reader):
    """While a file is read, somebody deletes the model, and may purge it."""

    begin_purge = False

    async def digest(self, file: FoundFile) -> Digest:
        """The digest, afterwards."""
        await self._tools.database.write(self._delete)
        return await super().digest(file)

    def _delete(self, connection: Connection) -> None:
        entry, now = catalog.find(connection, NAME), self._tools.clock.now()
        assert entry is not None
        trash_store.throw(connection, entry.id, "alice", now, now)
        if self.begin_purge:
            trash_store.begin_purge(connection, entry.id, now, now)


@pytest.fixture
def tools(database: Database, clock: HandClock, tmp_path: Path) -> Iterator[Tools]:
    """An empty store."""
    with ThreadPoolExecutor(1) as threads:
        storage = DiskStorage(tmp_path / "store")
        yield Tools(database, storage, threads, threads, PartLocks(), clock, DownloadSettings(), 0)


@pytest.fixture
async def context(database: Database, clock: HandClock) -> JobContext:
    """An import that runs."""

    def claim(connection: Connection) -> JobContext:
        new = jobs.insert(connection, NewJob("import", "a", {}), clock.now())
        job = jobs.claim(connection, new.id, "test", clock.now(), LEASE)
        assert job is not None
        return JobContext(job, database, clock, LEASE.total_seconds(), clock.monotonic())

    return await database.write(claim)


@pytest.mark.parametrize(("begin_purge", "reason"), [(False, IN_TRASH), (True, BEING_PURGED)])
async def test_a_deletion_meanwhile_stays(
    tools: Tools, context: JobContext, tmp_path: Path, begin_purge: bool, reason: str
) -> None:
    await tools.database.write(lambda connection: catalog.ensure(connection, NAME, "alice", tools.clock.now()))
    place = tmp_path / "config.json"
    place.write_bytes(b"{}")
    file = FoundFile("config.json", place, Fingerprint.of(place.stat()), linkable=True)
    tally = Tally(Meter(tools.clock, file.size), copy=False)
    reader = Meddled(tools, context, {}, tally.read)
    reader.begin_purge = begin_purge
    carrier = Carrier(tools, context, Asked(str(tmp_path)), reader, tally)
    report, came = await carrier.bring(FoundModel("llama", NAME, (FoundRevision(None, (file,)),)))
    assert (report.status, report.reason, came) == (Outcome.REFUSED, reason, [])
    entry = await tools.database.read(lambda connection: catalog.find(connection, NAME))
    assert entry is not None
    assert entry.trash is not None
    assert list(tools.storage.layout.hub.iterdir()) == []
