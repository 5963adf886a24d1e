"""Fetching one blob while others read its part file: wrong bytes never stay under a name that a reader holds."""

import asyncio
import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from steelyard.core.ref import Kind
from steelyard.db.database import Database
from steelyard.downloads import doubts
from steelyard.downloads.errors import VerificationFailed
from steelyard.downloads.fetch import BlobFetcher
from steelyard.downloads.locks import PartLocks
from steelyard.downloads.settings import DownloadSettings
from steelyard.downloads.tools import Tools
from steelyard.jobs import store as jobs
from steelyard.jobs.context import JobContext
from steelyard.jobs.models import Job, NewJob
from steelyard.sources.errors import UpstreamUnavailable
from steelyard.sources.protocol import RemoteFile, Repository
from steelyard.storage.disk import DiskStorage
from steelyard.testing.clock import HandClock, eventually
from steelyard.testing.source import FakeSource, digest_of
from steelyard.testing.source_stream import FakeStream

REPOSITORY = Repository(Kind.MODEL, "org/name")
CONTENT = bytes(range(256)) * 8000
FILE = RemoteFile("a.safetensors", len(CONTENT), digest_of(CONTENT))


class Fetch:
    """One blob on its way, and somebody who reads its part file from the first byte on."""

    def __init__(self, tools: Tools, source: FakeSource, context: JobContext, commit: str) -> None:
        self.tools = tools
        self.source = source
        self.moved: list[int] = []
        self.published: list[int] = []
        self._context = context
        self._commit = commit

    @property
    def part(self) -> Path:
        """Where it comes in."""
        return self.tools.storage.layout.part(FILE.digest)

    async def run(self, source: FakeSource | None = None) -> None:
        """Fetch it, from another source if one is given."""
        fetcher = BlobFetcher(
            source or self.source, self.tools, self._context, lambda size, _path: self.moved.append(size)
        )
        await fetcher.fetch(REPOSITORY, self._commit, FILE, self.published.append)

    async def is_doubted(self) -> bool:
        """Whether somebody may hold wrong bytes of it."""
        now = self.tools.clock.now()
        return await self.tools.database.read(lambda connection: doubts.is_doubted(connection, FILE.digest, now))

    def left(self, content: bytes) -> int:
        """An earlier try left these bytes; returns a descriptor of whoever reads them."""
        self.part.parent.mkdir(parents=True, exist_ok=True)
        self.part.write_bytes(content)
        return os.open(self.part, os.O_RDONLY)


@pytest.fixture
async def fetch(database: Database, clock: HandClock, tmp_path: Path) -> AsyncIterator[Fetch]:
    """A job that runs, and a hub that has the file."""
    source = FakeSource()
    commit = source.hold(REPOSITORY.name, {FILE.path: CONTENT})

    def begin(connection: Connection) -> Job:
        job = jobs.insert(connection, NewJob("download", "a", {}), clock.now())
        claimed = jobs.claim(connection, job.id, "worker", clock.now(), timedelta(hours=1))
        assert claimed is not None
        return claimed

    context = JobContext(await database.write(begin), database, clock, 3600, clock.monotonic())
    settings = DownloadSettings.model_validate({"backoff_seconds": 0.01, "verify_tries": 2})
    with ThreadPoolExecutor(2) as threads:
        tools = Tools(database, DiskStorage(tmp_path / "store"), threads, threads, PartLocks(), clock, settings, 0)
        yield Fetch(tools, source, context, commit)


async def test_right_bytes_leave_no_doubt(fetch: Fetch) -> None:
    await fetch.run()
    assert fetch.part.read_bytes() == CONTENT
    assert fetch.published == [fetch.part.stat().st_ino]
    assert (sum(fetch.moved), await fetch.is_doubted()) == (len(CONTENT), False)


async def test_what_an_earlier_try_left_is_gone_on_with_in_the_same_file(fetch: Fetch) -> None:
    reader = fetch.left(CONTENT[:5000])
    await fetch.run()
    assert fetch.source.opened == [(FILE.path, 5000)]
    assert os.fstat(reader).st_ino == fetch.published[0]
    assert not await fetch.is_doubted()
    os.close(reader)


@pytest.mark.parametrize("left", [b"x" * 5000, b"x" * len(CONTENT), CONTENT + b"more"])
async def test_wrong_bytes_lose_their_name(fetch: Fetch, left: bytes) -> None:
    reader = fetch.left(left)
    await fetch.run()
    assert os.fstat(reader).st_nlink == 0
    assert os.pread(reader, len(left) + 1, 0)[: len(left)] == left  # no byte under a reader becomes another
    assert fetch.part.read_bytes() == CONTENT
    assert await fetch.is_doubted()
    os.close(reader)


async def test_a_hub_that_cannot_begin_in_the_middle_begins_another_file(fetch: Fetch) -> None:
    reader = fetch.left(CONTENT[:5000])
    fetch.source.ignore_range(FILE.path)
    await fetch.run()
    assert (os.fstat(reader).st_nlink, os.fstat(reader).st_size) == (0, 5000)
    assert fetch.part.read_bytes() == CONTENT
    os.close(reader)


async def test_a_flipped_byte_is_fetched_anew(fetch: Fetch) -> None:
    fetch.source.flip(FILE.path, 1_000_000)
    await fetch.run()
    assert fetch.source.opened == [(FILE.path, 0)] * 2
    assert sum(fetch.moved) == len(CONTENT)  # what is thrown away counts no longer
    assert (fetch.part.read_bytes(), await fetch.is_doubted()) == (CONTENT, True)


async def test_a_hub_that_has_nothing_else_leaves_nothing_behind(fetch: Fetch) -> None:
    spoilt = Spoilt()
    spoilt.hold(REPOSITORY.name, {FILE.path: CONTENT})
    with pytest.raises(VerificationFailed):
        await fetch.run(spoilt)
    assert (fetch.published, fetch.part.read_bytes(), sum(fetch.moved)) == ([], b"", 0)
    assert await fetch.is_doubted()


class Spoilt(FakeSource):
    """Every stream has a wrong byte."""

    @asynccontextmanager
    async def open(
        self, repository: Repository, commit: str, file: RemoteFile, offset: int
    ) -> AsyncIterator[FakeStream]:
        """Spoil it first."""
        self.flip(file.path, 10)
        async with super().open(repository, commit, file, offset) as stream:
            yield stream


async def test_readers_are_told_of_trouble_and_of_bytes(fetch: Fetch) -> None:
    away = Away()
    away.hold(REPOSITORY.name, {FILE.path: CONTENT})
    with fetch.tools.arrivals.reading(FILE.digest) as reader:
        fetching = asyncio.create_task(fetch.run(away))
        await eventually(lambda: reader.trouble is not None)
        away.is_back.set()
        await fetching
        assert reader.trouble is None
        await reader.wait(60)


class Away(FakeSource):
    """Away until somebody says that it is back."""

    def __init__(self) -> None:
        super().__init__()
        self.is_back = asyncio.Event()
        self.refuse(UpstreamUnavailable("no connection"))

    @asynccontextmanager
    async def open(
        self, repository: Repository, commit: str, file: RemoteFile, offset: int
    ) -> AsyncIterator[FakeStream]:
        """Wait, but not the first time."""
        if not self._refusals:
            await self.is_back.wait()
        async with super().open(repository, commit, file, offset) as stream:
            yield stream


async def test_a_connection_that_breaks_is_gone_on_with_at_the_byte(fetch: Fetch) -> None:
    fetch.source.cut(FILE.path, 700_000)
    await fetch.run()
    assert fetch.source.opened == [(FILE.path, 0), (FILE.path, 700_000)]
    assert not await fetch.is_doubted()
