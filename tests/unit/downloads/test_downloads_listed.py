"""The files of a revision, while somebody waits for an answer."""

import asyncio

import pytest
from sqlalchemy import Connection

from steelyard.catalog import revisions, store
from steelyard.catalog.models import EntryName
from steelyard.core.ref import Kind
from steelyard.db.database import Database
from steelyard.downloads.listed import Listings
from steelyard.downloads.listing import to_files
from steelyard.downloads.models import Wanted
from steelyard.sources.errors import RepositoryMissing, UpstreamUnavailable
from steelyard.sources.protocol import RemoteFile, Repository
from steelyard.sources.registry import Sources
from steelyard.testing.clock import HandClock
from steelyard.testing.source import FakeSource

NAME = "org/name"
FILES = {"a-Q4_0.gguf": b"4", "a-Q8_0.gguf": b"88"}


class SlowSource(FakeSource):
    """Never tells its files."""

    async def list_files(self, repository: Repository, commit: str) -> list[RemoteFile]:
        """Wait for ever."""
        await asyncio.Event().wait()
        return []


def wanted(commit: str | None) -> Wanted:
    """A variant of the repository."""
    return Wanted("huggingface", "model", NAME, None, commit, (), (), "Q8_0")


async def test_the_hub_is_asked(database: Database) -> None:
    source = FakeSource()
    commit = source.hold(NAME, FILES)
    files = await Listings(database, Sources({"huggingface": source})).find(wanted(commit), 10)
    assert files is not None
    assert [file.path for file in files] == sorted(FILES)


async def test_not_when_the_table_knows(database: Database, clock: HandClock) -> None:
    source = FakeSource()
    commit = source.hold(NAME, FILES)
    listed = to_files(await source.list_files(Repository(Kind.MODEL, NAME), commit))

    def write(connection: Connection) -> None:
        entry = store.ensure(connection, EntryName("huggingface", Kind.MODEL, NAME), None, clock.now())
        revision = revisions.ensure(connection, entry.id, commit, clock.now())
        revisions.add_files(connection, revision.id, listed)

    await database.write(write)
    source.refuse(UpstreamUnavailable("away"), times=9)
    assert await Listings(database, Sources({"huggingface": source})).find(wanted(commit), 10) == listed


async def test_a_hub_that_is_slow_or_away_tells_nothing(database: Database) -> None:
    slow, away = SlowSource(), FakeSource()
    commit = slow.hold(NAME, FILES)
    assert await Listings(database, Sources({"huggingface": slow})).find(wanted(commit), 0.01) is None
    away.hold(NAME, FILES)
    away.refuse(UpstreamUnavailable("away"))
    assert await Listings(database, Sources({"huggingface": away})).find(wanted(commit), 10) is None
    assert await Listings(database, Sources({"huggingface": away})).find(wanted(commit), 0) is None
    assert await Listings(database, Sources({"huggingface": away})).find(wanted(None), 10) is None


async def test_what_the_hub_says_for_good_is_raised(database: Database) -> None:
    with pytest.raises(RepositoryMissing):
        await Listings(database, Sources({"huggingface": FakeSource()})).find(wanted("a" * 40), 10)
