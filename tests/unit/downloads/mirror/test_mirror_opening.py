"""The bytes of a file: from the store where it is here, from a job where it is not, and what is said where it stays
away."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, update

from steelyard.catalog import blobs, revisions
from steelyard.catalog.models import File, FileState
from steelyard.db.database import Database
from steelyard.db.errors import DatabaseAway
from steelyard.downloads.locks import PartLocks
from steelyard.downloads.mirror.errors import FetchStopped, FileHeld
from steelyard.downloads.mirror.later import Later
from steelyard.downloads.mirror.models import Placed
from steelyard.downloads.mirror.opening import Coming, Here, Opening
from steelyard.downloads.mirror.orders import Orders
from steelyard.downloads.mirror.pulling import Pulled
from steelyard.downloads.settings import DownloadSettings
from steelyard.downloads.tools import Tools
from steelyard.identity.gate import NotAllowed
from steelyard.identity.principal import Access, Caller
from steelyard.identity.roles import Role, Scope
from steelyard.jobs import store as jobs
from steelyard.jobs.models import Job, JobStatus, NewJob
from steelyard.jobs.tables import jobs as job_rows
from steelyard.sources.errors import UpstreamUnavailable
from steelyard.storage.disk import DiskStorage
from steelyard.storage.fingerprint import Fingerprint
from steelyard.storage.layout import RepoFolder
from steelyard.testing.clock import HandClock, eventually
from steelyard.testing.source import digest_of
from tests.unit.downloads.mirrored import COMMIT, NAME, caller, shelve

CONTENT = bytes(range(256)) * 10
STORED = File("a.safetensors", len(CONTENT), digest_of(CONTENT), FileState.STORED)
LISTED = replace(STORED, state=FileState.LISTED)
NAME_FOLDER = RepoFolder(NAME.kind, NAME.repo)
VIEWER = Access(Role.VIEWER, account="bob")
TOKEN = Access(Role.MEMBER, account="bob", scopes=frozenset({Scope.READ}))


class NotedOrders(Orders):
    """Orders that are noted only; ``job`` is what serves them."""

    def __init__(self) -> None:
        self.job: Job | None = None
        self.recorded = False
        self.online = True
        self.away = False
        self.orders: list[tuple[str, FileState]] = []

    def is_recorded(self, placed: Placed, caller: Caller) -> bool:
        """As the test says."""
        return self.recorded

    def require_online(self, placed: Placed) -> None:
        """As the test says."""
        if not self.online:
            raise UpstreamUnavailable("offline")

    async def order(self, placed: Placed, file: File, caller: Caller) -> Pulled:
        """Note it."""
        if self.away:
            raise DatabaseAway("gone fishing")
        self.orders.append((file.path, file.state))
        return Pulled(self.job)


class Shelf:
    """A store with one file in it, and somebody who opens that."""

    def __init__(self, tools: Tools, clock: HandClock) -> None:
        self.tools = tools
        self.orders = NotedOrders()
        self.later = Later()
        self.opening = Opening(tools, self.orders, self.later)
        self._clock = clock

    @property
    def place(self) -> Path:
        """Where the file lies."""
        return self.tools.storage.layout.snapshot(NAME_FOLDER, COMMIT, STORED.path)

    async def put(self) -> Placed:
        """The file is here."""
        storage = self.tools.storage
        with storage.open_part(STORED.digest) as part:
            part.write(0, CONTENT)
        storage.publish_part(STORED.digest, NAME_FOLDER)
        storage.show(NAME_FOLDER, COMMIT, STORED.path, STORED.digest)
        seen = Fingerprint.of(storage.layout.blob(NAME_FOLDER, STORED.digest).stat())

        def work(connection: Connection) -> Placed:
            entry, revision = shelve(connection, self._clock, [STORED], complete=True)
            blobs.seal(connection, entry.id, {STORED.digest: seen}, self._clock.now())
            return Placed(NAME, COMMIT, entry, revision)

        return await self.tools.database.write(work)

    async def order(self, status: JobStatus, **values: Any) -> Placed:
        """A job is to bring the file, and stands like this."""

        def work(connection: Connection) -> tuple[Placed, Job | None]:
            entry, revision = shelve(connection, self._clock, [LISTED])
            job = jobs.insert(connection, NewJob("download", "key", {}), self._clock.now())
            changed = {"status": status.value, **values}
            connection.execute(update(job_rows).where(job_rows.c.id == job.id).values(**changed))
            return Placed(NAME, COMMIT, entry, revision), jobs.get(connection, job.id)

        placed, self.orders.job = await self.tools.database.write(work)
        return placed

    async def mark(self, placed: Placed, state: FileState) -> None:
        """The file stands like this now."""
        assert placed.revision is not None
        key = placed.revision.id
        await self.tools.database.write(lambda connection: revisions.mark_files(connection, key, [STORED.path], state))

    async def state(self, placed: Placed) -> tuple[FileState | None, bool]:
        """How the table has the file, and whether its revision is complete."""

        def read(connection: Connection) -> tuple[FileState | None, bool]:
            assert placed.entry is not None
            revision = revisions.find(connection, placed.entry.id, COMMIT)
            assert revision is not None
            return revisions.state_of(connection, revision.id, STORED.path), revision.completed_at is not None

        return await self.tools.database.read(read)

    async def reads(self, coming: Coming) -> list[bytes]:
        """What a client of it gets, once it looks whether anybody brings it."""
        self._clock.forward(seconds=1)
        spans = coming.stream.spans(0, STORED.size, self.tools.arrivals)
        try:
            return [CONTENT[span.start : span.stop] async for span in spans]
        finally:
            coming.stream.close()


@pytest.fixture
async def shelf(database: Database, clock: HandClock, tmp_path: Path) -> AsyncIterator[Shelf]:
    """An empty store."""
    with ThreadPoolExecutor(1) as threads:
        storage, settings = DiskStorage(tmp_path / "store"), DownloadSettings.model_validate({})
        yield Shelf(Tools(database, storage, threads, threads, PartLocks(), clock, settings, 0), clock)


async def opened(shelf: Shelf, placed: Placed, file: File = STORED, access: Access | None = None) -> Here | Coming:
    """Somebody opens the file."""
    who = caller() if access is None else caller(access=access)
    return await shelf.opening.open(placed, file, who)


async def test_what_is_here_is_read_from_the_store_and_on_record(shelf: Shelf) -> None:
    placed = await shelf.put()
    for access in (None, VIEWER):
        found = await opened(shelf, placed, access=access)
        assert isinstance(found, Here)
        assert (found.path, found.path.read_bytes()) == (shelf.place, CONTENT)
    assert shelf.orders.orders == [(STORED.path, FileState.STORED)] * 2


async def test_what_is_on_record_already_needs_no_more(shelf: Shelf) -> None:
    placed = await shelf.put()
    shelf.orders.recorded = True
    assert isinstance(await opened(shelf, placed), Here)
    assert shelf.orders.orders == []


async def test_while_the_database_is_away_who_got_it_is_written_down_later(shelf: Shelf) -> None:
    placed = await shelf.put()
    shelf.orders.away = True
    for _ in range(2):
        assert isinstance(await opened(shelf, placed), Here)
    assert (shelf.orders.orders, len(shelf.later)) == ([], 1)


async def test_not_so_what_may_have_to_be_approved(shelf: Shelf) -> None:
    placed = await shelf.put()
    shelf.orders.away = True
    assert placed.revision is not None
    with pytest.raises(DatabaseAway):
        await opened(shelf, replace(placed, revision=replace(placed.revision, completed_at=None)))
    assert len(shelf.later) == 0


@pytest.mark.parametrize("harm", ["gone", "changed", "blob gone"])
async def test_what_was_lost_is_brought_again(shelf: Shelf, harm: str) -> None:
    placed = await shelf.put()
    blob = shelf.tools.storage.layout.blob(NAME_FOLDER, STORED.digest)
    if harm == "gone":
        shelf.place.unlink()
    elif harm == "blob gone":
        blob.unlink()
    else:
        blob.chmod(0o644)
        blob.write_bytes(b"x" * (len(CONTENT) + 1))
    shelf.orders.recorded = True
    found = await opened(shelf, placed)
    assert isinstance(found, Coming)
    assert shelf.orders.orders == [(STORED.path, FileState.LISTED)]
    assert await shelf.state(placed) == (FileState.LISTED, False)
    found.stream.close()


async def test_what_is_held_back_is_not_given_out(shelf: Shelf) -> None:
    placed = await shelf.put()
    with pytest.raises(FileHeld):
        await opened(shelf, placed, replace(STORED, state=FileState.QUARANTINED))
    assert shelf.orders.orders == []


@pytest.mark.parametrize("access", [VIEWER, TOKEN])
async def test_whoever_may_not_pull_has_nothing_brought(shelf: Shelf, access: Access) -> None:
    placed = await shelf.order(JobStatus.RUNNING)
    with pytest.raises(NotAllowed, match="member"):
        await opened(shelf, placed, LISTED, access)
    assert shelf.orders.orders == []


async def test_offline_nothing_is_brought(shelf: Shelf) -> None:
    placed = await shelf.order(JobStatus.RUNNING)
    shelf.orders.online = False
    with pytest.raises(UpstreamUnavailable):
        await opened(shelf, placed, LISTED)
    assert shelf.orders.orders == []


async def test_what_came_in_meanwhile_is_read_where_it_lies(shelf: Shelf) -> None:
    placed = await shelf.order(JobStatus.RUNNING)
    coming = await opened(shelf, placed, LISTED)
    assert isinstance(coming, Coming)
    await shelf.put()
    assert await shelf.reads(coming) == [CONTENT]


@pytest.mark.parametrize(
    ("status", "values"),
    [
        (JobStatus.FAILED, {"error_slug": "x", "error": "The hub delivers wrong bytes."}),
        (JobStatus.PAUSED, {"error_slug": "x", "error": "The disk is full."}),
        (JobStatus.QUEUED, {"error_slug": "x", "error": "The hub is away."}),
        (JobStatus.CANCELLED, {}),
    ],
)
async def test_a_job_that_will_not_bring_it_is_told(shelf: Shelf, status: JobStatus, values: dict[str, str]) -> None:
    coming = await opened(shelf, await shelf.order(status, **values), LISTED)
    assert isinstance(coming, Coming)
    with pytest.raises(FetchStopped, match=values.get("error", "was stopped")):
        await shelf.reads(coming)


async def test_a_pickle_that_did_not_pass_is_told(shelf: Shelf) -> None:
    placed = await shelf.order(JobStatus.SUCCEEDED)
    coming = await opened(shelf, placed, LISTED)
    assert isinstance(coming, Coming)
    await shelf.mark(placed, FileState.QUARANTINED)
    with pytest.raises(FileHeld):
        await shelf.reads(coming)


async def test_a_job_that_ended_just_before_it_heard_of_the_file_is_followed_by_another(
    shelf: Shelf, clock: HandClock
) -> None:
    placed = await shelf.order(JobStatus.SUCCEEDED)
    coming = await opened(shelf, placed, LISTED)
    assert isinstance(coming, Coming)
    shelf.orders.job = None  # the file is here when it is ordered again
    clock.forward(seconds=1)
    reading = asyncio.create_task(shelf.reads(coming))
    await eventually(lambda: len(shelf.orders.orders) == 2)
    await shelf.put()
    assert await reading == [CONTENT]
    assert shelf.orders.orders == [(STORED.path, FileState.LISTED)] * 2
