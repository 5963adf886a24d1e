"""Revisions of which an import found a part, and what an import says of entries."""

from datetime import timedelta

from steelyard.catalog import partial, provenance, revisions, store
from steelyard.catalog.models import EntryName, File, FileState, Revision
from steelyard.catalog.provenance import Origin
from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.db.database import Database
from steelyard.testing.clock import HandClock

NAME = EntryName("huggingface", Kind.MODEL, "org/name")
COMMIT = "c" * 40


def file(path: str, letter: str = "a") -> File:
    return File(path, 10, Digest("sha256", letter * 64), FileState.LISTED)


async def revision_of(database: Database, clock: HandClock) -> Revision:
    def make(connection: object) -> Revision:
        entry = store.ensure(connection, NAME, "dora", clock.now())  # type: ignore[arg-type]
        return revisions.ensure(connection, entry.id, COMMIT, clock.now())  # type: ignore[arg-type]

    return await database.write(make)


async def test_what_is_found_is_a_part_until_the_hub_has_told(database: Database, clock: HandClock) -> None:
    new = await revision_of(database, clock)
    found = await database.write(lambda c: partial.add_found(c, new, [file("a"), file("b")], whole=False))
    assert [one.path for one in found] == ["a", "b"]
    known = await revision_of(database, clock)
    assert known.files_partial
    more = await database.write(lambda c: partial.add_found(c, known, [file("c"), file("a", "d")], whole=False))
    assert [one.path for one in more] == ["c"]
    listed = await database.write(lambda c: partial.settle(c, new.id, [file("a"), file("c", "e"), file("z")]))
    assert {one.path: str(one.digest)[7] for one in listed} == {"a": "a", "c": "e", "z": "a"}
    assert not (await revision_of(database, clock)).files_partial


async def test_the_hubs_list_keeps_what_is_right_and_drops_what_is_not(database: Database, clock: HandClock) -> None:
    new = await revision_of(database, clock)
    await database.write(
        lambda c: partial.add_found(c, new, [file("right"), file("wrong"), file("extra")], whole=False)
    )
    await database.write(lambda c: revisions.mark_files(c, new.id, ["right", "wrong", "extra"], FileState.STORED))
    await database.write(lambda c: revisions.complete(c, new.id, "job", clock.now()))
    listed = await database.write(lambda c: partial.settle(c, new.id, [file("right"), file("wrong", "b")]))
    assert {one.path: one.state for one in listed} == {"right": FileState.STORED, "wrong": FileState.LISTED}
    assert (await revision_of(database, clock)).completed_at is None


async def test_a_list_that_agrees_leaves_it_complete(database: Database, clock: HandClock) -> None:
    new = await revision_of(database, clock)
    await database.write(lambda c: partial.add_found(c, new, [file("a")], whole=False))
    await database.write(lambda c: revisions.complete(c, new.id, "job", clock.now()))
    await database.write(lambda c: partial.settle(c, new.id, [file("a"), file("b")]))
    assert (await revision_of(database, clock)).completed_at == clock.now()


async def test_a_revision_that_the_hub_has_listed_takes_nothing_else(database: Database, clock: HandClock) -> None:
    new = await revision_of(database, clock)
    await database.write(lambda c: revisions.add_files(c, new.id, [file("a"), file("b")]))
    found = await database.write(
        lambda c: partial.add_found(c, new, [file("a"), file("b", "d"), file("extra")], whole=False)
    )
    assert [one.path for one in found] == ["a"]
    known = await revision_of(database, clock)
    assert not known.files_partial
    assert [one.path for one in await database.read(lambda c: revisions.list_files(c, new.id))] == ["a", "b"]


async def test_what_an_entry_says_already_is_not_changed(database: Database, clock: HandClock) -> None:
    key = (await revision_of(database, clock)).entry
    first = Origin("Ours", "text", ("a",), "alice", clock.now() - timedelta(days=9), "10.0.0.1", 4)
    await database.write(lambda c: provenance.introduce(c, key, first))
    other = Origin("Other", "other", ("b",), "bob", clock.now(), "10.0.0.2", 9)
    await database.write(lambda c: provenance.introduce(c, key, other))
    entry = await database.read(lambda c: store.get(c, key))
    assert entry is not None
    assert (entry.title, entry.description, entry.tags, entry.download_count) == ("Ours", "text", ["a"], 4)
    assert entry.first_download is not None
    assert (entry.first_download.by, entry.first_download.address) == ("alice", "10.0.0.1")
    assert entry.owner == "dora"


async def test_silence_changes_nothing(database: Database, clock: HandClock) -> None:
    key = (await revision_of(database, clock)).entry
    before = await database.read(lambda c: store.get(c, key))
    await database.write(lambda c: provenance.introduce(c, key, Origin(downloaded_by="alice")))
    assert await database.read(lambda c: store.get(c, key)) == before
    assert await database.read(provenance.repositories) == {Kind.MODEL: {"org/name"}}
