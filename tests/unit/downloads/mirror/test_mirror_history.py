"""Branches, tags and commits: as the hub tells them, and as far as the shelf knows them."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, func, select

from steelyard.catalog import revisions
from steelyard.catalog.models import DEPOT_HUB, FOLDER_HUB, Entry, EntryName
from steelyard.core.ref import Kind
from steelyard.db.database import Database
from steelyard.downloads.mirror.history import History
from steelyard.downloads.mirror.models import Placed
from steelyard.downloads.mirror.settings import MirrorSettings
from steelyard.downloads.mirror.upstream import Upstream
from steelyard.downloads.push import store as pushed
from steelyard.downloads.push.models import Commit
from steelyard.downloads.push.tables import tags
from steelyard.downloads.tables import mirror_documents
from steelyard.sources.errors import AccessRefused, RepositoryMissing, UpstreamBusy, UpstreamUnavailable
from steelyard.sources.registry import Sources
from steelyard.testing.clock import HandClock
from tests.unit.downloads.mirror.asked_hub import FILES, REPOSITORY, AskedHub
from tests.unit.downloads.mirrored import COMMIT, NAME, shelve


@pytest.fixture
async def hub() -> AskedHub:
    """A hub with a repository of one commit."""
    hub = AskedHub()
    hub.hold(REPOSITORY.name, FILES, tag="v1")
    return hub


@pytest.fixture
def history(database: Database, hub: AskedHub, clock: HandClock) -> History:
    """The history that a mirror of that hub tells."""
    settings = MirrorSettings.model_validate({})
    return History(database, Upstream(Sources({"huggingface": hub}), clock, settings), clock, settings)


async def shelved(database: Database, clock: HandClock, name: EntryName = NAME, *, tag: str | None = None) -> Entry:
    """The repository on the shelf, its branch pulled just now."""

    def work(connection: Connection) -> Entry:
        entry = shelve(connection, clock, name=name)[0]
        for ref in ("main", *([tag] if tag else [])):
            revisions.set_ref(connection, entry.id, ref, COMMIT, clock.now())
        if tag:
            connection.execute(tags.insert().values(entry=entry.id, name=tag, at=clock.now()))
        return entry

    return await database.write(work)


async def brought(database: Database, clock: HandClock, commit: str) -> Placed:
    """A commit on the shelf."""
    entry, revision = await database.write(lambda connection: shelve(connection, clock, commit=commit))
    return Placed(NAME, commit, entry, revision)


async def test_of_a_repository_that_is_not_here_the_hub_tells(history: History, hub: AskedHub) -> None:
    placed = Placed(NAME, (await hub.resolve(REPOSITORY, "main")).commit)
    told = await history.refs(placed)
    assert told.document is not None
    assert [branch["name"] for branch in told.document["branches"]] == ["main"]
    commits = await history.commits(placed, 0)
    assert commits.items is not None
    assert ([item["id"] for item in commits.items], commits.more) == ([placed.commit], False)


async def test_of_a_repository_that_nobody_knows_it_is_said_why(
    history: History, hub: AskedHub, clock: HandClock
) -> None:
    placed = Placed(NAME, COMMIT)
    hub.refuse(UpstreamUnavailable("away"))
    with pytest.raises(UpstreamUnavailable):
        await history.refs(placed)
    clock.forward(seconds=10)
    hub.refuse(UpstreamUnavailable("away"))
    with pytest.raises(UpstreamUnavailable):
        await history.commits(placed, 1)


async def test_of_one_that_is_here_it_is_asked_once_in_a_while(
    history: History, hub: AskedHub, database: Database, clock: HandClock
) -> None:
    entry = await shelved(database, clock)
    placed = Placed(NAME, hub.hold(REPOSITORY.name, FILES), entry)
    first = await history.refs(placed)
    clock.forward(seconds=299)
    assert await history.refs(placed) == first
    assert hub.asked == ["refs"]
    clock.forward(seconds=2)
    await history.refs(placed)
    assert hub.asked == ["refs", "refs"]


@pytest.mark.parametrize("error", [UpstreamUnavailable("away"), UpstreamBusy("slow"), RepositoryMissing("gone")])
async def test_what_it_said_will_do_when_it_says_nothing_new(
    history: History, hub: AskedHub, database: Database, clock: HandClock, error: UpstreamUnavailable
) -> None:
    placed = await brought(database, clock, hub.hold(REPOSITORY.name, FILES))
    refs, commits = await history.refs(placed), await history.commits(placed, 0)
    clock.forward(hours=30)
    hub.refuse(error, times=2)
    assert await history.refs(placed) == refs
    clock.forward(seconds=60)
    assert await history.commits(placed, 0) == commits


async def test_what_the_shelf_knows_will_do_when_it_never_said_anything(
    history: History, hub: AskedHub, database: Database, clock: HandClock
) -> None:
    placed = Placed(NAME, COMMIT, await shelved(database, clock))
    hub.refuse(UpstreamUnavailable("away"))
    refs = await history.refs(placed)
    assert (refs.document, refs.known) == (None, {"main": COMMIT})
    commits = await history.commits(placed, 0)
    assert (commits.items, commits.known) == (None, [(COMMIT, clock.now())])
    assert await history.commits(placed, 1) == type(commits)([])


async def test_a_refusal_is_passed_on(history: History, hub: AskedHub, database: Database, clock: HandClock) -> None:
    placed = Placed(NAME, COMMIT, await shelved(database, clock))
    hub.refuse(AccessRefused("gated"))
    with pytest.raises(AccessRefused):
        await history.refs(placed)


async def test_pages_that_are_empty_are_not_kept(
    history: History, hub: AskedHub, database: Database, clock: HandClock
) -> None:
    placed = await brought(database, clock, hub.hold(REPOSITORY.name, FILES))
    for page in range(5):
        await history.commits(placed, page)
    assert await kept(database) == 1


async def test_histories_of_commits_that_nobody_brought_are_not_kept(
    history: History, hub: AskedHub, database: Database, clock: HandClock
) -> None:
    placed = Placed(NAME, hub.hold(REPOSITORY.name, FILES), await shelved(database, clock))
    assert (await history.commits(placed, 0)).items
    assert await kept(database) == 0


async def kept(database: Database) -> int:
    """How many documents the tables have."""
    count = select(func.count()).select_from(mirror_documents)
    return await database.read(lambda connection: connection.execute(count).scalar_one())


async def test_of_what_was_imported_the_shelf_tells(
    history: History, hub: AskedHub, database: Database, clock: HandClock
) -> None:
    name = EntryName(FOLDER_HUB, Kind.MODEL, "org/name")
    placed = Placed(name, COMMIT, await shelved(database, clock, name))
    assert (await history.refs(placed)).known == {"main": COMMIT}
    assert (await history.commits(placed, 0)).known == [(COMMIT, clock.now())]
    assert hub.asked == []


async def test_what_was_pushed_has_a_history_of_its_own(
    history: History, hub: AskedHub, database: Database, clock: HandClock
) -> None:
    name = EntryName(DEPOT_HUB, Kind.MODEL, "team/name")
    entry = await shelved(database, clock, name, tag="v1")
    oids = [f"{number:040x}" for number in range(60)]

    def push(connection: Connection) -> None:
        for number, oid in enumerate(oids):
            parent = oids[number - 1] if number else None
            at = clock.now() + timedelta(minutes=number)
            pushed.add_commit(connection, entry.id, commit_of(oid, parent, at))

    await database.write(push)
    placed = Placed(name, oids[-1], entry)
    first, second = await history.commits(placed, 0), await history.commits(placed, 1)
    assert first.items is not None
    assert second.items is not None
    assert [item["id"] for item in [*first.items, *second.items]] == oids[::-1]
    assert (len(first.items), first.more, second.more) == (50, True, False)
    assert (await history.refs(placed)).known == {"main": COMMIT, "refs/tags/v1": COMMIT}
    assert hub.asked == []


def commit_of(oid: str, parent: str | None, at: datetime) -> Commit:
    """A commit by alice."""
    return Commit(oid=oid, parent=parent, title="Add files", message="", author="alice", at=at)
