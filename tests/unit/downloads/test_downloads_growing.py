"""A job that brings files one by one as they are asked for, and ends when nobody asks any more."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import Connection

from steelyard.catalog import revisions
from steelyard.catalog.models import Entry, File, FileState, Revision
from steelyard.catalog.pickles.screening import Screening
from steelyard.core.ref import Reference
from steelyard.core.signals import Signals
from steelyard.db.database import Database
from steelyard.downloads import store, wants
from steelyard.downloads.delivery import Target
from steelyard.downloads.errors import NothingSelected, VerificationFailed
from steelyard.downloads.growing import WANT_TOPIC, GrowingHaul
from steelyard.downloads.haul import Trip, WholeHaul
from steelyard.downloads.listing import to_files
from steelyard.downloads.locks import PartLocks
from steelyard.downloads.models import Ask, RequestStatus, Wanted
from steelyard.downloads.payload import KIND, dedupe_key, to_payload
from steelyard.downloads.settings import DownloadSettings
from steelyard.downloads.tools import Tools
from steelyard.jobs import store as jobs
from steelyard.jobs.context import JobContext
from steelyard.jobs.models import NewJob
from steelyard.sources.protocol import RemoteFile, Repository
from steelyard.storage.disk import DiskStorage
from steelyard.testing.clock import HandClock, eventually
from steelyard.testing.source import FakeSource
from steelyard.testing.source_stream import FakeStream
from tests.unit.downloads.mirrored import NAME, WANTED, caller, shelve

CONTENTS = {
    "a.safetensors": b"a" * 5000, "b.safetensors": b"b" * 6000, "copy.safetensors": b"a" * 5000,
    "config.json": b"{}", "old.bin": b"p" * 3000,
}  # fmt: skip
LINGER = 5.0


class Screened:
    """What was shown to the screening."""

    def __init__(self) -> None:
        self.revisions: list[int] = []

    async def admit(self, revision: int) -> None:
        """Note it."""
        self.revisions.append(revision)


class Attempt:
    """One attempt of a growing job, and who asks for files meanwhile."""

    def __init__(self, tools: Tools, source: FakeSource, trip: Trip, key: str) -> None:
        self.tools = tools
        self.source = source
        self.trip = trip
        self.signals = Signals()
        self.haul = GrowingHaul(tools, self.signals, LINGER)
        self._key = key

    async def ask(self, *paths: str, quietly: bool = False) -> None:
        """Somebody wants these files; ``quietly``: in another process."""
        now = self.tools.clock.now()
        await self.tools.database.write(lambda connection: wants.add(connection, self._key, paths, now))
        if not quietly:
            self.signals.publish(WANT_TOPIC, self.trip.context.job.id)

    async def stored(self) -> set[str]:
        """The files that are here."""
        key = self.trip.target.revision.id
        listed = await self.tools.database.read(lambda connection: revisions.list_files(connection, key))
        return {file.path for file in listed if file.state is FileState.STORED}

    async def are_stored(self, *paths: str) -> None:
        """Wait until these are here."""

        async def all_there() -> bool:
            return set(paths) <= await self.stored()

        await eventually(all_there)


@pytest.fixture
async def attempt(database: Database, clock: HandClock, tmp_path: Path) -> AsyncIterator[Attempt]:
    """A job that runs for the revision's files, with one request on it; nothing is wanted yet."""
    source = FakeSource()
    commit = source.hold(NAME.repo, CONTENTS)
    listed = to_files(await source.list_files(Repository(NAME.kind, NAME.repo), commit))
    wanted = Wanted("huggingface", "model", NAME.repo, commit, commit, (), (), grows=True)

    def work(connection: Connection) -> tuple[Entry, Revision, JobContext]:
        entry, revision = shelve(connection, clock, listed, commit=commit)
        return entry, revision, running(connection, database, clock, wanted, entry)

    entry, revision, context = await database.write(work)
    settings = DownloadSettings.model_validate({"backoff_seconds": 0.01})
    with ThreadPoolExecutor(4) as threads:
        tools = Tools(database, DiskStorage(tmp_path / "store"), threads, threads, PartLocks(), clock, settings, 0)
        target = Target(entry.name, entry.folder, revision, [])
        trip = Trip(source, context, target, listed, cast("Screening", Screened()))
        yield Attempt(tools, source, trip, dedupe_key(wanted))


def running(connection: Connection, database: Database, clock: HandClock, wanted: Wanted, entry: Entry) -> JobContext:
    """A job that somebody works on, and alice's request."""
    new = NewJob(KIND, dedupe_key(wanted), to_payload(wanted), subject=entry.id, revision=wanted.commit)
    job = jobs.insert(connection, new, clock.now())
    claimed = jobs.claim(connection, job.id, "worker", clock.now(), timedelta(hours=1))
    assert claimed is not None
    store.insert(
        connection, Ask(Reference(NAME.repo), caller()), NAME.repo, RequestStatus.PENDING, clock.now(),
        source="huggingface", job_id=job.id, entry=entry.id,
    )  # fmt: skip
    return JobContext(claimed, database, clock, 3600, clock.monotonic())


@pytest.fixture
async def bringing(attempt: Attempt) -> AsyncIterator["asyncio.Future[Target]"]:
    """The haul at work on ``a.safetensors``."""
    await attempt.ask("a.safetensors")
    task = asyncio.ensure_future(attempt.haul.bring(attempt.trip))
    yield task
    task.cancel()
    with suppress(asyncio.CancelledError, Exception):
        await task


def brought(target: Target) -> list[str]:
    """The paths of what was brought, in order."""
    return [file.path for file in target.files]


async def test_what_was_asked_for_is_brought_and_nothing_else(
    attempt: Attempt, bringing: "asyncio.Future[Target]", clock: HandClock
) -> None:
    await attempt.are_stored("a.safetensors")
    assert not bringing.done()  # a client that loads a model pauses between its files
    await asyncio.sleep(0.02)
    clock.forward(seconds=LINGER + 1)
    attempt.signals.publish(WANT_TOPIC, "whatever")
    assert brought(await bringing) == ["a.safetensors"]
    assert await attempt.stored() == {"a.safetensors"}
    assert [path for path, _ in attempt.source.opened] == ["a.safetensors"]


@pytest.mark.parametrize("quietly", [False, True])
async def test_what_is_asked_for_meanwhile_comes_as_well(
    attempt: Attempt, bringing: "asyncio.Future[Target]", clock: HandClock, quietly: bool
) -> None:
    await attempt.are_stored("a.safetensors")
    await attempt.ask("b.safetensors", quietly=quietly)
    await attempt.are_stored("a.safetensors", "b.safetensors")
    await asyncio.sleep(0.02)
    clock.forward(seconds=LINGER + 1)
    assert brought(await bringing) == ["a.safetensors", "b.safetensors"]


async def test_each_wish_puts_the_end_off(
    attempt: Attempt, bringing: "asyncio.Future[Target]", clock: HandClock
) -> None:
    await attempt.are_stored("a.safetensors")
    clock.forward(seconds=LINGER - 1)
    await attempt.ask("b.safetensors")
    await attempt.are_stored("b.safetensors")
    await asyncio.sleep(0.02)
    clock.forward(seconds=LINGER - 1)
    await attempt.ask("config.json")
    await attempt.are_stored("config.json")
    assert not bringing.done()


async def test_the_same_bytes_under_two_names_come_once(attempt: Attempt, bringing: "asyncio.Future[Target]") -> None:
    await attempt.ask("copy.safetensors")
    await attempt.are_stored("a.safetensors", "copy.safetensors")
    assert [path for path, _ in attempt.source.opened] == ["a.safetensors"]


async def test_requests_are_told_how_much_it_is_by_now(attempt: Attempt, bringing: "asyncio.Future[Target]") -> None:
    async def told() -> tuple[int | None, int | None]:
        found = await attempt.tools.database.read(lambda one: store.of_job(one, attempt.trip.context.job.id))
        return found[0].file_count, found[0].total_size

    async def is_told(*expected: int) -> bool:
        return await told() == expected

    await eventually(lambda: is_told(1, 5000))
    await attempt.ask("b.safetensors")
    await eventually(lambda: is_told(2, 11_000))


async def test_a_file_that_fails_lets_the_others_come_in_first(attempt: Attempt) -> None:
    source = AlwaysWrong()
    trip = Trip(source, attempt.trip.context, attempt.trip.target, attempt.trip.listed, attempt.trip.screening)
    await attempt.ask("a.safetensors", "b.safetensors", "config.json")
    with pytest.raises(VerificationFailed):
        await attempt.haul.bring(trip)
    assert await attempt.stored() == {"b.safetensors", "config.json"}


async def test_whoever_waits_for_a_file_that_fails_hears_of_it_while_others_come(attempt: Attempt) -> None:
    source = AlwaysWrong()
    source.goes_on.clear()
    trip = Trip(source, attempt.trip.context, attempt.trip.target, attempt.trip.listed, attempt.trip.screening)
    await attempt.ask("a.safetensors", "b.safetensors")
    task = asyncio.ensure_future(attempt.haul.bring(trip))
    [wrong] = [file.digest for file in attempt.trip.listed if file.path == "a.safetensors"]
    for _ in range(2):  # who comes late, too
        with attempt.tools.arrivals.reading(wrong) as reader:
            await eventually(lambda: reader.trouble is not None and reader.trouble.slug == VerificationFailed.slug)
    assert not task.done()
    source.goes_on.set()
    with pytest.raises(VerificationFailed):
        await task


class AlwaysWrong(FakeSource):
    """Every stream of ``a.safetensors`` has a wrong byte."""

    def __init__(self) -> None:
        super().__init__()
        self.goes_on = asyncio.Event()
        self.goes_on.set()
        self.hold(NAME.repo, CONTENTS)

    @asynccontextmanager
    async def open(
        self, repository: Repository, commit: str, file: RemoteFile, offset: int
    ) -> AsyncIterator[FakeStream]:
        """Spoil it first."""
        self.flip("a.safetensors", 10)
        if file.path == "b.safetensors":
            await self.goes_on.wait()
        async with super().open(repository, commit, file, offset) as stream:
            yield stream


async def test_whoever_stops_it_stops_all_of_it(attempt: Attempt, bringing: "asyncio.Future[Target]") -> None:
    await attempt.are_stored("a.safetensors")
    before = asyncio.all_tasks()
    bringing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await bringing
    await attempt.ask("b.safetensors")
    await asyncio.sleep(0.02)
    assert asyncio.all_tasks() < before
    assert await attempt.stored() == {"a.safetensors"}


async def test_a_pickle_is_screened_as_soon_as_it_came_in(attempt: Attempt, bringing: "asyncio.Future[Target]") -> None:
    screened = cast("Screened", attempt.trip.screening)
    await attempt.are_stored("a.safetensors")
    assert screened.revisions == []
    await attempt.ask("old.bin")
    await eventually(lambda: screened.revisions == [attempt.trip.target.revision.id])
    assert not bringing.done()


@pytest.mark.parametrize("asked", [[], ["absent.safetensors"]])
async def test_with_nothing_to_bring_it_does_not_begin(attempt: Attempt, asked: Sequence[str]) -> None:
    await attempt.ask(*asked)
    with pytest.raises(NothingSelected):
        await attempt.haul.select(attempt.trip.listed, WANTED)


async def test_the_whole_haul_brings_what_was_chosen_at_once(attempt: Attempt) -> None:
    haul = WholeHaul(attempt.tools)
    wanted = Wanted("huggingface", "model", NAME.repo, None, None, ("*.safetensors",), ("copy*",))
    chosen = await haul.select(attempt.trip.listed, wanted)
    trip = attempt.trip
    target = Target(trip.target.entry, trip.target.folder, trip.target.revision, chosen)
    done = await haul.bring(Trip(trip.source, trip.context, target, trip.listed, trip.screening))
    assert brought(done) == ["a.safetensors", "b.safetensors"]
    assert await attempt.stored() == {"a.safetensors", "b.safetensors"}


@pytest.mark.parametrize(("listed", "include"), [([], ()), (["a.safetensors"], ("*.gguf",))])
async def test_of_nothing_nothing_can_be_chosen(
    attempt: Attempt, listed: Sequence[str], include: tuple[str, ...]
) -> None:
    files: list[File] = [file for file in attempt.trip.listed if file.path in listed]
    with pytest.raises(NothingSelected):
        await WholeHaul(attempt.tools).select(files, Wanted("huggingface", "model", NAME.repo, None, None, include, ()))
