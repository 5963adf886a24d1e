"""Part files go when they are old and nobody alive wants them; both, not one of the two."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from steelyard.catalog import revisions
from steelyard.catalog import store as catalog
from steelyard.catalog.models import EntryName, File, FileState
from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.db.database import Database
from steelyard.downloads import doubts, uses, wants
from steelyard.downloads.leftovers import Leftovers
from steelyard.downloads.locks import PartLocks
from steelyard.downloads.settings import DownloadSettings
from steelyard.downloads.tables import mirror_uses, mirror_wants
from steelyard.downloads.tools import Tools
from steelyard.jobs import store as jobs
from steelyard.jobs.models import LIVE, JobStatus, NewJob
from steelyard.storage import links
from steelyard.storage.disk import DiskStorage
from steelyard.testing.clock import HandClock

PART = Digest("sha256", "a" * 64)
CONTENT = b"some bytes"
DAYS = DownloadSettings().keep_parts_days


@pytest.fixture
def tools(database: Database, clock: HandClock, tmp_path: Path) -> Iterator[Tools]:
    """A store with one part file, written now as the clock has it."""
    storage = DiskStorage(tmp_path / "store")
    with ThreadPoolExecutor(1) as threads:
        tools = Tools(database, storage, threads, threads, PartLocks(), clock, DownloadSettings(), 0)
        with storage.open_part(PART) as part:
            part.write(0, CONTENT)
        now = clock.now().timestamp()
        os.utime(storage.layout.part(PART), (now, now))
        yield tools


def listed_for(connection: Connection, clock: HandClock, status: JobStatus) -> None:
    """A job in some state, about an entry whose revision lists the part's blob."""
    entry = catalog.ensure(connection, EntryName("huggingface", Kind.MODEL, "org/name"), "alice", clock.now())
    revision = revisions.ensure(connection, entry.id, "c" * 40, clock.now())
    revisions.add_files(connection, revision.id, [File("model.bin", len(CONTENT), PART, FileState.LISTED)])
    job = jobs.insert(connection, NewJob("download", "key", {}, subject=entry.id), clock.now())
    jobs.move(connection, job.id, LIVE, status, clock.now())


async def test_what_is_old_and_unwanted_goes(tools: Tools, clock: HandClock) -> None:
    clock.forward(days=DAYS, seconds=1)
    assert await Leftovers(tools).clear() == len(CONTENT)
    assert tools.storage.part_size(PART) == 0
    assert await Leftovers(tools).clear() == 0


async def test_what_goes_unread_is_doubted_from_then_on(tools: Tools, clock: HandClock) -> None:
    async def is_doubted() -> bool:
        return await tools.database.read(lambda connection: doubts.is_doubted(connection, PART, clock.now()))

    await Leftovers(tools).clear()
    assert not await is_doubted()
    clock.forward(days=DAYS, seconds=1)
    await Leftovers(tools).clear()
    assert await is_doubted()


async def test_what_is_young_stays(tools: Tools, clock: HandClock) -> None:
    clock.forward(days=DAYS - 1)
    assert await Leftovers(tools).clear() == 0
    assert tools.storage.part_size(PART) == len(CONTENT)


@pytest.mark.parametrize("status", [JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.PAUSED])
async def test_what_a_live_job_wants_stays_however_old(tools: Tools, clock: HandClock, status: JobStatus) -> None:
    await tools.database.write(lambda connection: listed_for(connection, clock, status))
    clock.forward(days=10 * DAYS)
    assert await Leftovers(tools).clear() == 0
    assert tools.storage.part_size(PART) == len(CONTENT)


@pytest.mark.parametrize("status", [JobStatus.CANCELLED, JobStatus.FAILED, JobStatus.SUCCEEDED])
async def test_what_only_ended_jobs_wanted_goes(tools: Tools, clock: HandClock, status: JobStatus) -> None:
    await tools.database.write(lambda connection: listed_for(connection, clock, status))
    clock.forward(days=DAYS, seconds=1)
    assert await Leftovers(tools).clear() == len(CONTENT)


async def test_a_strange_file_among_the_parts_stays(tools: Tools, clock: HandClock) -> None:
    strange = tools.storage.layout.parts / "notes.part"
    strange.write_bytes(b"mine")
    os.utime(strange, (0, 0))
    clock.forward(days=DAYS, seconds=1)
    assert await Leftovers(tools).clear() == len(CONTENT)
    assert strange.read_bytes() == b"mine"


async def test_what_a_killed_process_left_half_done_goes_when_it_is_old(tools: Tools, clock: HandClock) -> None:
    left = links.beside(tools.storage.layout.part(PART))
    left.write_bytes(b"half")
    await Leftovers(tools).clear()
    assert left.exists()
    clock.forward(days=36_500)
    assert await Leftovers(tools).clear() == len(CONTENT) + len(b"half")
    assert not left.exists()


async def test_what_the_mirror_remembers_of_nobody_goes_as_well(tools: Tools, clock: HandClock) -> None:
    def remember(connection: Connection) -> None:
        entry = catalog.ensure(connection, EntryName("huggingface", Kind.MODEL, "org/name"), None, clock.now())
        wants.add(connection, "key", ["a"], clock.now())
        uses.count(connection, 1, entry.id, "c" * 40, clock.now())

    def rows(connection: Connection) -> list[int]:
        return [len(connection.execute(select(table)).all()) for table in (mirror_wants, mirror_uses)]

    await tools.database.write(remember)
    left = []
    for days in (0.5, 1, DAYS):
        clock.forward(days=days)
        await Leftovers(tools).clear()
        left.append(await tools.database.read(rows))
    assert left == [[1, 1], [1, 0], [0, 0]]
