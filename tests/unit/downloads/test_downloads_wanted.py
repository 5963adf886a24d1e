"""What is found out about a request before it is judged: its files where they matter, and whether it is gated."""

from collections.abc import Mapping

import pytest
from sqlalchemy import Connection

from steelyard.catalog import revisions, store
from steelyard.catalog.models import EntryName
from steelyard.core.errors import SteelyardError
from steelyard.core.ref import Kind, parse
from steelyard.db.database import Database
from steelyard.downloads.listing import to_files
from steelyard.downloads.models import Ask, Found, Wanted
from steelyard.downloads.resolve import Resolver
from steelyard.downloads.wanted import WantedFinder
from steelyard.identity.principal import Access, Caller, Principal, PrincipalKind
from steelyard.identity.roles import Role
from steelyard.sources.errors import UpstreamUnavailable
from steelyard.sources.protocol import RemoteFile, Repository, Resolved
from steelyard.sources.registry import Sources
from steelyard.testing.clock import HandClock
from steelyard.testing.source import FakeSource

NAME = "org/name"
FILES: Mapping[str, bytes] = {"a.txt": b"1", "model.safetensors": b"22"}
BOB = Caller(Principal(7, PrincipalKind.ACCOUNT, "7", "bob"), "127.0.0.1", "test", Access(Role.MEMBER, "bob", 7))


class Licensed(FakeSource):
    """Its repositories ask for the acceptance of a licence, which was given. Counts the questions for files."""

    listings = 0

    async def resolve(self, repository: Repository, revision: str | None) -> Resolved:
        """Gated."""
        found = await super().resolve(repository, revision)
        return Resolved(found.repository, found.commit, gated=True)

    async def list_files(self, repository: Repository, commit: str) -> list[RemoteFile]:
        """Counted."""
        self.listings += 1
        return await super().list_files(repository, commit)


async def _refused(_ask: Ask, _wanted: Wanted, error: SteelyardError) -> None:
    raise AssertionError(error)


async def find(database: Database, source: FakeSource, name: str = NAME, *, sizes: bool) -> Found:
    """What is found for bob."""
    finder = WantedFinder(database, Sources({"huggingface": source}), Resolver(10), _refused)
    return await finder.find(Ask(parse(name), BOB), sizes=sizes)


@pytest.mark.parametrize(("source", "gated"), [(Licensed(), True), (FakeSource(), False)], ids=["gated", "free"])
async def test_that_the_hub_asks_for_a_licence_is_told(database: Database, source: FakeSource, gated: bool) -> None:
    source.hold(NAME, FILES)
    assert (await find(database, source, sizes=False)).gated is gated


async def test_the_files_are_looked_up_where_sizes_matter(database: Database) -> None:
    source = Licensed()
    commit = source.hold(NAME, FILES)
    found = await find(database, source, sizes=True)
    assert found.wanted.commit == commit
    assert {file.path: file.size for file in found.files or ()} == {"a.txt": 1, "model.safetensors": 2}
    assert source.listings == 1
    assert (await find(database, source, sizes=False)).files is None
    assert source.listings == 1


async def test_a_commit_that_is_known_does_not_hide_that_it_is_gated(database: Database, clock: HandClock) -> None:
    source = Licensed()
    commit = source.hold(NAME, FILES)
    listed = to_files(await source.list_files(Repository(Kind.MODEL, NAME), commit))

    def remember(connection: Connection) -> None:
        entry = store.ensure(connection, EntryName("huggingface", Kind.MODEL, NAME), None, clock.now())
        revision = revisions.ensure(connection, entry.id, commit, clock.now())
        revisions.add_files(connection, revision.id, listed)

    await database.write(remember)
    name = f"{NAME}@{commit}"
    assert (await find(database, source, name, sizes=True)).gated
    source.refuse(UpstreamUnavailable("away"))
    assert (await find(database, source, name, sizes=True)).wanted.commit is None, "then the job asks"
    assert (await find(database, source, name, sizes=False)).wanted.commit == commit
