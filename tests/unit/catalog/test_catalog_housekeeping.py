"""The shelf keeps itself: what is due is purged once, and rounds follow deletions."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import Connection

from steelyard.catalog import store, trash_store
from steelyard.catalog.folders import Folders
from steelyard.catalog.housekeeping import Housekeeping
from steelyard.catalog.models import TRASH_TOPIC, Entry, EntryName
from steelyard.catalog.purge import PURGE, PurgeKind
from steelyard.catalog.trash import TrashService
from steelyard.core.errors import Unavailable
from steelyard.core.ref import Kind, parse
from steelyard.core.signals import Signals
from steelyard.db.database import Database
from steelyard.identity import store as identity
from steelyard.identity.principal import Caller, Principal, PrincipalKind
from steelyard.jobs.models import JobStatus
from steelyard.jobs.queue import EmbeddedQueue
from steelyard.jobs.service import JobService
from steelyard.jobs.store import JobFilter
from steelyard.storage.disk import DiskStorage
from steelyard.storage.layout import RepoFolder
from steelyard.testing.clock import HandClock, eventually

ALICE = Caller(Principal(1, PrincipalKind.DECLARED, "alice", "alice"), "127.0.0.1", "test")
FOLDER = RepoFolder(Kind.MODEL, "org/one")
NAMES = [EntryName("huggingface", Kind.MODEL, f"org/{word}") for word in ("one", "two")]


class Yard:
    """A shelf with a trash and its jobs, which nobody works on."""

    def __init__(self, database: Database, storage: DiskStorage, clock: HandClock, threads: ThreadPoolExecutor) -> None:
        self.database = database
        self.clock = clock
        self.signals = Signals()
        self.folders = Folders(database, storage, threads)
        self.away = False
        kinds = {PURGE: PurgeKind(database, self.folders, threads, clock, self.signals, 1.0, self.require_store)}
        self.jobs = JobService(database, EmbeddedQueue(), self.signals, clock, kinds)
        self.trash = TrashService(database, self.jobs, self.folders, clock, self.signals, 7.0)
        self.house = Housekeeping(self.trash, self.folders, self.signals, 1.0, self.require_store)

    async def require_store(self) -> None:
        """As the depot does when its disk is not mounted."""
        if self.away:
            raise Unavailable("away")

    async def purges(self) -> list[tuple[str | None, JobStatus]]:
        """The jobs, the earliest first."""
        found = (await self.jobs.list_page(JobFilter(), 100, 0))[1]
        return [(job.model, job.status) for job in reversed(found)]


@pytest.fixture
async def yard(database: Database, clock: HandClock, tmp_path: Path) -> AsyncIterator[Yard]:
    def shelve(connection: Connection) -> list[Entry]:
        alice = identity.find_or_add(connection, PrincipalKind.DECLARED, "alice", "alice", clock.now())
        assert alice == ALICE.principal
        return [store.ensure(connection, name, "alice", clock.now()) for name in NAMES]

    await database.write(shelve)
    with ThreadPoolExecutor(2) as threads:
        yield Yard(database, DiskStorage(tmp_path / "store"), clock, threads)


async def test_nothing_is_purged_before_its_time_and_then_once(yard: Yard) -> None:
    await yard.trash.delete(parse("org/one"), ALICE)
    yard.clock.forward(days=1)
    await yard.trash.delete(parse("org/two"), ALICE)
    assert await yard.house.round() == 0
    yard.clock.forward(days=6)
    assert await yard.house.round() == 1
    assert await yard.purges() == [("org/one", JobStatus.QUEUED)]
    await yard.house.round()
    assert await yard.purges() == [("org/one", JobStatus.QUEUED)]
    yard.clock.forward(days=1)
    await yard.house.round()
    assert await yard.purges() == [("org/one", JobStatus.QUEUED), ("org/two", JobStatus.QUEUED)]


async def test_what_was_deleted_again_has_its_time_again(yard: Yard) -> None:
    entry = (await yard.trash.delete(parse("org/one"), ALICE)).entry
    yard.clock.forward(days=7)
    await yard.trash.restore(parse("org/one"), ALICE)
    await yard.trash.delete(parse("org/one"), ALICE)
    assert await yard.trash._purge(entry.id, None) is None  # as a round does that has read the list of those due before
    assert await yard.purges() == []


async def test_a_store_that_is_away_is_left_alone(yard: Yard) -> None:
    await yard.trash.delete(parse("org/one"), ALICE)
    folder, name = yard.folders.bin._shelf(FOLDER), (await yard.trash.restore(parse("org/one"), ALICE)).public_id
    await yard.trash.delete(parse("org/one"), ALICE)
    yard.folders.bin._bin(name).rmdir()
    folder.mkdir()
    yard.clock.forward(days=8)
    yard.away = True
    assert await yard.house.round() == 0
    assert (await yard.purges(), folder.is_dir(), yard.folders.bin.names()) == ([], True, [])
    yard.away = False
    assert await yard.house.round() == 1
    assert (folder.is_dir(), yard.folders.bin.names()) == (False, [name])


async def test_a_restore_calls_the_purge_off(yard: Yard) -> None:
    await yard.trash.delete(parse("org/one"), ALICE, purge=True)
    entry = await yard.trash.restore(parse("org/one"), ALICE)
    assert entry.trash is None
    assert await yard.purges() == [("org/one", JobStatus.CANCELLED)]
    assert await yard.house.round() == 0


async def test_a_purge_that_was_broken_off_is_taken_up(yard: Yard) -> None:
    done = await yard.trash.delete(parse("org/one"), ALICE, purge=True)
    assert done.job is not None
    moment = done.entry.deleted_at or yard.clock.now()
    await yard.database.write(lambda connection: trash_store.begin_purge(connection, done.entry.id, moment, moment))
    await yard.jobs.cancel(done.job.id)
    assert await yard.house.round() == 1
    assert [status for _, status in await yard.purges()] == [JobStatus.CANCELLED, JobStatus.QUEUED]


async def test_asking_twice_for_a_purge_is_one_job(yard: Yard) -> None:
    first = await yard.trash.delete(parse("org/one"), ALICE, purge=True)
    second = await yard.trash.delete(parse("org/one"), ALICE, purge=True)
    assert first.job is not None
    assert second.job is not None
    assert first.job.id == second.job.id


async def test_signals_do_not_put_a_round_off(yard: Yard) -> None:
    await yard.trash.delete(parse("org/one"), ALICE)
    mended = [0]

    async def count() -> None:
        mended[0] += 1

    house = Housekeeping(yard.trash, yard.folders, yard.signals, 0.01, count, round_seconds=0.3)
    keeping, chatter = asyncio.create_task(house.run()), asyncio.create_task(_chatter(yard.signals))
    try:
        await eventually(lambda: mended[0] > 1)  # the first round is over
        assert await yard.purges() == []
        yard.clock.forward(days=8)

        async def begun() -> bool:
            return await yard.purges() == [("org/one", JobStatus.QUEUED)]

        await eventually(begun)
    finally:
        for task in (keeping, chatter):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _chatter(signals: Signals) -> None:
    while True:
        signals.publish(TRASH_TOPIC, "another")
        await asyncio.sleep(0.02)
