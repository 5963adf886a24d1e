"""From names to commits: who is asked, and which of several answers counts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, update

from steelyard.catalog import aliases, partial, revisions, trash_store
from steelyard.catalog import store as catalog
from steelyard.catalog.errors import ModelInactive
from steelyard.catalog.models import DEPOT_HUB, FOLDER_HUB, EntryName, File, FileState
from steelyard.catalog.tables import aliases as alias_rows
from steelyard.catalog.tables import entries
from steelyard.core.ref import Kind
from steelyard.db.database import Database
from steelyard.downloads import answers
from steelyard.downloads.mirror.errors import FileUnknown
from steelyard.downloads.mirror.models import Named, Placed
from steelyard.downloads.mirror.placing import Placing
from steelyard.downloads.mirror.settings import MirrorSettings
from steelyard.downloads.mirror.upstream import Upstream
from steelyard.identity.principal import Access, Caller
from steelyard.identity.roles import Role
from steelyard.sources.errors import (
    AccessRefused,
    RepositoryMissing,
    RevisionMissing,
    UpstreamBusy,
    UpstreamUnavailable,
)
from steelyard.sources.protocol import Repository
from steelyard.sources.registry import Sources
from steelyard.testing.clock import HandClock
from steelyard.testing.source import digest_of
from tests.unit.downloads.mirror.asked_hub import FILES, REPOSITORY, AskedHub
from tests.unit.downloads.mirrored import NAME, caller, shelve

OLD = "a" * 40
HERE = [
    File(path, len(content), digest_of(content), FileState.STORED) for path, content in sorted(FILES.items())
]  # fmt: skip
MEMBER = Access(Role.MEMBER, account="bob", account_id=2)
OWNER = Access(Role.MEMBER, account="alice", account_id=1)


@dataclass(frozen=True)
class Place:
    """Everything a placing needs, and what the hub has: one repository whose branch means ``commit``."""

    database: Database
    hub: AskedHub
    clock: HandClock
    commit: str
    settings: Mapping[str, Any]

    def make(self, **settings: Any) -> Placing:
        """A placing as a depot has it that was started just now."""
        made = MirrorSettings.model_validate({**self.settings, **settings})
        return Placing(self.database, Upstream(Sources({"huggingface": self.hub}), self.clock, made), self.clock, made)

    async def ask(
        self, revision: str | None = "main", who: Caller | None = None, name: str = "org/name", **settings: Any
    ) -> Placed:
        """Place one name, in a depot that was started just now."""
        named = Named(Repository(Kind.MODEL, name), revision)
        return await self.make(**settings).place(named, who or caller())

    async def shelve(
        self, commit: str = OLD, *, minutes_ago: float | None = None, complete: bool = True, branch: str = "main",
        hub: str = "huggingface",
    ) -> int:  # fmt: skip
        """A revision on the shelf, which ``branch`` meant when it was pulled so long ago; returns its entry's key."""
        name = replace(NAME, hub=hub)

        def work(connection: Connection) -> int:
            entry, _ = shelve(connection, self.clock, HERE, commit=commit, name=name, complete=complete)
            if minutes_ago is not None:
                at = self.clock.now() - timedelta(minutes=minutes_ago)
                revisions.set_ref(connection, entry.id, branch, commit, at)
            return entry.id

        return await self.database.write(work)

    async def change(self, key: int, **values: Any) -> None:
        """Set columns of an entry."""
        await self.database.write(
            lambda connection: connection.execute(update(entries).where(entries.c.id == key).values(**values))
        )


@pytest.fixture
async def place(database: Database, clock: HandClock) -> Place:
    """The hub's branch means another commit than ``OLD``, which it does not have at all."""
    hub = AskedHub()
    commit = hub.hold(REPOSITORY.name, FILES, tag="v1", document={"likes": 7})
    return Place(database, hub, clock, commit, {})


async def test_what_the_shelf_does_not_know_the_hub_is_asked_for(place: Place) -> None:
    found = await place.ask(None)
    assert (found.name, found.commit, found.entry, found.revision) == (NAME, place.commit, None, None)
    assert found.document is not None
    assert (found.document["likes"], found.repository) == (7, REPOSITORY)
    assert place.hub.asked == ["resolve"]


async def test_what_was_asked_a_moment_ago_is_not_asked_again(place: Place) -> None:
    key = await place.shelve(minutes_ago=4.9)
    found = await place.ask()
    assert found.entry is not None
    assert found.revision is not None
    assert (found.commit, found.entry.id, place.hub.asked) == (OLD, key, [])


@pytest.mark.parametrize("complete", [True, False])
async def test_what_is_stale_is_asked_again_and_written_down(place: Place, complete: bool) -> None:
    key = await place.shelve(minutes_ago=5.1, complete=complete)
    found = await place.ask()
    assert (found.commit, found.revision, place.hub.asked) == (place.commit, None, ["resolve", "list"])
    said = await place.database.read(lambda connection: answers.ref(connection, key, "main"))
    assert said == answers.Said(place.commit, place.clock.now())
    again = await place.ask()
    assert (again.commit, place.hub.asked) == (place.commit, ["resolve", "list", "list"])


async def test_no_branch_is_the_default_branch(place: Place) -> None:
    await place.shelve(minutes_ago=1)
    assert (await place.ask(None)).commit == OLD
    assert place.hub.asked == []


async def test_what_the_mirror_heard_last_counts_more_than_an_older_pull(place: Place) -> None:
    key = await place.shelve(minutes_ago=4)
    said = (key, "main", "b" * 40, place.clock.now() - timedelta(minutes=2))
    await place.database.write(lambda connection: answers.set_ref(connection, *said))
    assert (await place.ask()).commit == "b" * 40
    await place.shelve(minutes_ago=1)
    assert (await place.ask()).commit == OLD


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("error", [UpstreamUnavailable("away"), UpstreamBusy("slow down", retry_after=9)])
async def test_what_is_stale_will_do_while_the_hub_is_away(place: Place, complete: bool, error: Exception) -> None:
    await place.shelve(minutes_ago=600, complete=complete)
    place.hub.refuse(error)  # type: ignore[arg-type]
    found = await place.ask()
    assert found.commit == OLD
    assert found.revision is not None


async def test_rather_what_is_complete_than_what_is_newer_while_the_hub_is_away(place: Place) -> None:
    key = await place.shelve(minutes_ago=60)
    await place.shelve("b" * 40, complete=False)
    said = (key, "main", "b" * 40, place.clock.now() - timedelta(minutes=10))
    await place.database.write(lambda connection: answers.set_ref(connection, *said))
    place.hub.refuse(UpstreamUnavailable("away"))
    assert (await place.ask()).commit == OLD


async def test_the_newest_here_will_do_for_the_default_branch_alone(place: Place) -> None:
    await place.shelve()
    place.hub.refuse(UpstreamUnavailable("away"), times=2)
    assert (await place.ask()).commit == OLD
    with pytest.raises(UpstreamUnavailable):
        await place.ask("v1")


async def test_with_nothing_here_it_is_said_that_the_hub_is_away(place: Place) -> None:
    place.hub.refuse(UpstreamUnavailable("away"))
    with pytest.raises(UpstreamUnavailable):
        await place.ask()


@pytest.mark.parametrize("error", [RepositoryMissing("gone"), RevisionMissing("gone")])
async def test_what_the_hub_has_no_longer_stays(place: Place, error: RepositoryMissing) -> None:
    await place.shelve(minutes_ago=60)
    place.hub.refuse(error)
    assert (await place.ask()).commit == OLD


async def test_what_the_hub_refuses_now_stays_on_the_shelf(place: Place) -> None:
    place.hub.refuse(AccessRefused("the depot's token ended"))
    with pytest.raises(AccessRefused):
        await place.ask()
    await place.shelve(minutes_ago=60)
    place.hub.refuse(AccessRefused("the depot's token ended"))
    assert (await place.ask()).commit == OLD


async def test_offline_nothing_is_asked(place: Place) -> None:
    await place.shelve(minutes_ago=600)
    assert (await place.ask(offline=True)).commit == OLD
    with pytest.raises(UpstreamUnavailable, match="offline"):
        await place.ask("v1", offline=True)
    assert place.hub.asked == []


async def test_how_long_an_answer_is_fresh_can_be_set(place: Place) -> None:
    await place.shelve(minutes_ago=30)
    assert (await place.ask(fresh_seconds=3600)).commit == OLD
    assert (await place.ask(fresh_seconds=0)).commit == place.commit


async def test_a_commit_that_is_known_is_never_asked_for(place: Place) -> None:
    await place.shelve(minutes_ago=6000, complete=False)
    found = await place.ask(OLD)
    assert found.revision is not None
    assert (found.commit, place.hub.asked) == (OLD, [])


async def test_another_commit_is_asked_for(place: Place) -> None:
    key = await place.shelve(minutes_ago=1)
    found = await place.ask(place.commit)
    assert found.entry is not None
    assert (found.entry.id, found.commit, found.revision, place.hub.asked) == (key, place.commit, None, ["resolve"])
    names = await place.database.read(lambda connection: answers.refs_at(connection, key, place.commit))
    assert names == {}  # a commit is no branch


async def test_of_a_revision_that_an_import_found_in_part_the_hub_knows_all(place: Place) -> None:
    await import_part(place)
    found = await place.ask(place.commit)
    assert (found.commit, found.revision, place.hub.asked) == (place.commit, None, ["resolve"])
    assert [file.path for file in await place.make().files(found)] == sorted(FILES)


async def test_while_the_hub_is_away_it_is_placed_all_the_same(place: Place) -> None:
    await import_part(place)
    place.hub.refuse(UpstreamUnavailable("away"))
    found = await place.ask(place.commit)
    assert [file.path for file in await place.make().files(found)] == [HERE[0].path]  # as far as anybody knows


async def import_part(place: Place) -> None:
    """An import found one file of a revision."""

    def work(connection: Connection) -> None:
        _, revision = shelve(connection, place.clock, commit=place.commit)
        partial.add_found(connection, revision, HERE[:1], whole=False)
        revisions.complete(connection, revision.id, None, place.clock.now())

    await place.database.write(work)


async def test_a_repository_by_its_old_name_is_the_one_on_the_shelf(place: Place) -> None:
    key = await place.shelve(minutes_ago=60)
    place.hub.renamed["old/name"] = "org/name"
    found = await place.ask(name="old/name")
    assert found.entry is not None
    assert (found.entry.id, found.name, found.commit) == (key, NAME, place.commit)
    place.hub.renamed["older/name"] = "org/absent"
    place.hub.hold("org/absent", FILES)
    assert str((await place.ask(name="older/name")).name) == "org/absent"


@pytest.mark.parametrize("hub", [DEPOT_HUB, FOLDER_HUB])
async def test_what_is_ours_alone_is_not_what_the_hub_calls_like_this(place: Place, hub: str) -> None:
    await place.shelve(hub=hub, minutes_ago=60)
    place.hub.renamed["old/name"] = "org/name"
    with pytest.raises(RepositoryMissing):
        await place.ask(name="old/name")


async def test_an_old_name_shows_nothing_private(place: Place) -> None:
    key = await place.shelve(minutes_ago=60)
    await place.change(key, private=True)
    place.hub.renamed["old/name"] = "org/name"
    with pytest.raises(RepositoryMissing):
        await place.ask(name="old/name", who=caller(access=MEMBER))


async def test_a_private_model_exists_for_its_owner_alone(place: Place) -> None:
    key = await place.shelve(minutes_ago=1)
    await place.change(key, private=True)
    with pytest.raises(RepositoryMissing):
        await place.ask(who=caller(access=MEMBER))
    with pytest.raises(RepositoryMissing):
        await place.ask(OLD, who=caller(access=MEMBER))
    assert place.hub.asked == []  # nor does the hub learn its name
    assert (await place.ask(who=caller(access=OWNER))).commit == OLD
    assert (await place.ask()).commit == OLD


async def test_an_inactive_model_is_refused(place: Place) -> None:
    key = await place.shelve(minutes_ago=1)
    await place.change(key, active=False)
    for revision in ("main", OLD, None):
        with pytest.raises(ModelInactive):
            await place.ask(revision)


async def test_what_lies_in_the_trash_is_the_hubs(place: Place) -> None:
    key, now = await place.shelve(minutes_ago=1), place.clock.now()
    later = now + timedelta(days=7)
    await place.database.write(lambda connection: trash_store.throw(connection, key, "alice", now, later))
    found = await place.ask()
    assert (found.entry, found.commit, place.hub.asked) == (None, place.commit, ["resolve"])


@pytest.mark.parametrize("hub", [FOLDER_HUB, DEPOT_HUB])
async def test_of_what_is_ours_alone_nobody_is_asked(place: Place, hub: str) -> None:
    await place.shelve(minutes_ago=60, hub=hub)
    for revision in ("main", None, OLD):
        assert (await place.ask(revision)).commit == OLD
    for revision in ("absent", "b" * 40):
        with pytest.raises(RevisionMissing):
            await place.ask(revision)
    assert place.hub.asked == []


async def test_the_newest_of_what_was_imported_is_its_default(place: Place) -> None:
    await place.shelve(hub=FOLDER_HUB)
    assert (await place.ask()).commit == OLD


async def test_in_a_reserved_namespace_the_hub_is_not_asked(place: Place) -> None:
    for name in ("org/name", "org/other", "Org/name"):
        with pytest.raises(RepositoryMissing):
            await place.ask(name=name, namespaces=["org"])
    assert place.hub.asked == []
    place.hub.hold("org", FILES)
    assert (await place.ask(name="org", namespaces=["org"])).commit  # nothing stands before a slash in it


async def test_nothing_at_the_hub_passes_for_the_teams_by_being_renamed(place: Place) -> None:
    place.hub.renamed["other/name"] = "org/name"
    with pytest.raises(RepositoryMissing):
        await place.ask(name="other/name", namespaces=["org"])


async def test_a_namespace_that_is_reserved_later_keeps_what_came_before(place: Place) -> None:
    await place.shelve(minutes_ago=60)
    assert (await place.ask(namespaces=["org"])).commit == OLD
    assert place.hub.asked == []


async def test_an_alias_means_something_where_the_hub_has_no_such_name(place: Place) -> None:
    key = await place.shelve(minutes_ago=60)
    await place.database.write(lambda connection: aliases.replace(connection, key, ["gpt2"], place.clock.now()))
    found = await place.ask(name="gpt2")
    assert (found.name, found.commit, found.repository) == (NAME, place.commit, REPOSITORY)
    hubs = place.hub.hold("gpt2", {"config.json": b"quite another model"})
    found = await place.ask(name="gpt2")
    assert (found.name.repo, found.commit) == ("gpt2", hubs)


async def test_two_in_the_trash_that_bear_each_others_names_mean_nothing(place: Place) -> None:
    now, later = place.clock.now(), place.clock.now() + timedelta(days=1)
    for mine, other in (("one", "two"), ("two", "one")):

        def work(connection: Connection, mine: str = mine, other: str = other) -> None:
            entry, _ = shelve(connection, place.clock, HERE, commit=OLD, name=replace(NAME, repo=mine))
            aliases.replace(connection, entry.id, [f"{other}x"], now)
            connection.execute(update(alias_rows).where(alias_rows.c.entry == entry.id).values(alias=other))
            trash_store.throw(connection, entry.id, "alice", now, later)

        await place.database.write(work)
    with pytest.raises(RepositoryMissing):
        await place.ask(name="one")


async def test_what_the_hub_tells_is_kept_with_the_revision(place: Place) -> None:
    key = await place.shelve(place.commit, minutes_ago=60)
    place.hub.accepted.add("org/name")
    found = await place.ask()
    assert (found.gated, found.document) == (True, {**(found.document or {}), "likes": 7})

    def kept(connection: Connection) -> Mapping[str, Any] | None:
        revision = revisions.find(connection, key, place.commit)
        return answers.description(connection, revision.id) if revision else None

    assert await place.database.read(kept) == found.document
    again = await place.ask(place.commit)
    assert (again.document, place.hub.asked) == (found.document, ["resolve"])


async def test_a_repository_is_shown_with_its_files(place: Place) -> None:
    cold = await place.make().show(Named(REPOSITORY), caller())
    assert ([file.path for file in cold.files], cold.entry, cold.document["likes"]) == (sorted(FILES), None, 7)
    assert {file.state for file in cold.files} == {FileState.LISTED}
    key = await place.shelve(place.commit, minutes_ago=1)
    await place.change(key, private=True)
    warm = await place.make().show(Named(REPOSITORY), caller())
    assert (warm.entry, warm.private, {file.state for file in warm.files}) == (key, True, {FileState.STORED})


async def test_a_commit_is_described_by_what_its_branch_told(place: Place) -> None:
    placing = place.make()
    await placing.place(Named(REPOSITORY, "main"), caller())
    shown = await placing.show(Named(REPOSITORY, place.commit), caller())
    assert (shown.document["likes"], place.hub.asked) == (7, ["resolve", "list"])


@pytest.mark.parametrize("warm", [True, False])
async def test_one_file_of_it(place: Place, warm: bool) -> None:
    if warm:
        await place.shelve(place.commit, minutes_ago=1)
    placing = place.make()
    placed = await placing.place(Named(REPOSITORY, "main"), caller())
    assert (await placing.file(placed, "config.json")).size == 2
    with pytest.raises(FileUnknown) as caught:
        await placing.file(placed, "absent.txt")
    assert caught.value.commit == place.commit


async def test_a_dataset_is_another_repository(place: Place) -> None:
    await place.shelve(minutes_ago=1)
    with pytest.raises(RepositoryMissing):
        await place.make().place(Named(Repository(Kind.DATASET, "org/name"), "main"), caller())


async def test_an_entry_without_any_revision_asks_the_hub(place: Place) -> None:
    name = EntryName("huggingface", Kind.MODEL, "org/name")
    await place.database.write(lambda connection: catalog.ensure(connection, name, "alice", place.clock.now()))
    assert (await place.ask()).commit == place.commit
    place.hub.refuse(UpstreamUnavailable("away"))
    with pytest.raises(UpstreamUnavailable):
        await place.ask(OLD)


async def test_the_file_that_is_asked_for_next_comes_along(place: Place) -> None:
    await place.shelve(minutes_ago=1)
    placing, named = place.make(), Named(REPOSITORY, "main")
    placed = await placing.place(named, caller(), "config.json")
    assert placed.asked is not None
    assert (placed.asked.file, placed.asked.seal) == (HERE[0], None)  # nobody has sealed it here
    assert await placing.file(placed, "config.json") is placed.asked.file
    other = await placing.place(named, caller(), "absent.txt")
    assert other.asked is None
    with pytest.raises(FileUnknown):
        await placing.file(other, "absent.txt")
