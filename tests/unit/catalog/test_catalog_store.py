"""Entries in the database: made once, counted exactly, found by what lists filter by."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection

from steelyard.catalog import revisions, store
from steelyard.catalog.models import Entry, EntryName, File, FileState, FirstDownload, ModelStatus
from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.db.database import Database
from steelyard.testing.clock import HandClock

NAME = EntryName("huggingface", Kind.MODEL, "org/name")
OTHER = EntryName("huggingface", Kind.MODEL, "org/other")
COMMIT, LATER = "a" * 40, "b" * 40
WEIGHTS = File("model.safetensors", 1000, Digest("sha256", "1" * 64), FileState.LISTED)
COPY = replace(WEIGHTS, path="copy.safetensors")
CONFIG = File("config.json", 10, Digest("git", "2" * 40), FileState.LISTED)


def stored(connection: Connection, entry: Entry, commit: str, clock: HandClock, *files: File) -> int:
    """A complete revision with these files here; its key."""
    revision = revisions.ensure(connection, entry.id, commit, clock.now())
    revisions.add_files(connection, revision.id, files)
    revisions.mark_files(connection, revision.id, [file.path for file in files], FileState.STORED)
    revisions.complete(connection, revision.id, "job", clock.now())
    return revision.id


async def test_an_entry_is_made_once(database: Database, clock: HandClock) -> None:
    first = await database.write(lambda connection: store.ensure(connection, NAME, "alice", clock.now()))
    second = await database.write(lambda connection: store.ensure(connection, NAME, "bob", clock.now()))
    assert first == second
    assert (first.owner, first.status) == ("alice", ModelStatus.DOWNLOADING)


async def test_kinds_are_told_apart(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> tuple[Entry | None, Entry | None]:
        store.ensure(connection, replace(NAME, kind=Kind.DATASET), None, clock.now())
        model = store.find_by_repo(connection, Kind.MODEL, NAME.repo)
        return model, store.find_by_repo(connection, Kind.DATASET, NAME.repo)

    model, dataset = await database.write(work)
    assert model is None
    assert dataset is not None
    assert str(dataset.name) == "datasets/org/name"


async def test_only_the_first_download_is_remembered(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> Entry | None:
        entry = store.ensure(connection, NAME, None, clock.now())
        for who in ("alice", "bob"):
            store.set_first_download(connection, entry.id, FirstDownload(who, clock.now(), "10.0.0.1"))
            clock.forward(seconds=1)
        return store.get(connection, entry.id)

    entry = await database.write(work)
    assert entry is not None
    assert entry.first_download is not None
    assert (entry.first_download.by, entry.owner) == ("alice", "alice")


async def test_downloads_and_uses(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> Entry | None:
        entry = store.ensure(connection, NAME, None, clock.now())
        for is_use in (True, False, True):
            store.count_download(connection, entry.id, clock.now(), is_use=is_use)
            clock.forward(hours=1)
        return store.get(connection, entry.id)

    entry = await database.write(work)
    assert entry is not None
    assert (entry.download_count, entry.uses) == (3, 2)
    assert entry.first_used_at is not None
    assert entry.last_used_at is not None
    assert entry.last_used_at - entry.first_used_at == timedelta(hours=2)


async def test_shared_bytes_are_counted_once(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> tuple[int, dict[int, int], int, int]:
        one, two = (store.ensure(connection, name, None, clock.now()) for name in (NAME, OTHER))
        stored(connection, one, COMMIT, clock, WEIGHTS, COPY, CONFIG)
        stored(connection, one, LATER, clock, WEIGHTS)
        stored(connection, two, COMMIT, clock, WEIGHTS)
        return store.stored_bytes(connection), store.sizes(connection, [one.id, two.id]), one.id, two.id

    whole, sizes, one, two = await database.write(work)
    assert whole == 1010
    assert sizes == {one: 1010, two: 1000}


async def test_listed_files_take_no_room(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> int:
        entry = store.ensure(connection, NAME, None, clock.now())
        revision = revisions.ensure(connection, entry.id, COMMIT, clock.now())
        revisions.add_files(connection, revision.id, [WEIGHTS])
        return store.stored_bytes(connection)

    assert await database.write(work) == 0


async def test_the_newest_complete_revision(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> tuple[str, list[str]]:
        entry = store.ensure(connection, NAME, None, clock.now())
        for commit in (COMMIT, LATER):
            stored(connection, entry, commit, clock, WEIGHTS)
            clock.forward(seconds=1)
        revisions.ensure(connection, entry.id, "c" * 40, clock.now())
        newest = revisions.latest_complete(connection, entry.id)
        assert newest is not None
        return newest.commit, [one.commit for one in revisions.of_entry(connection, entry.id)]

    newest, every = await database.write(work)
    assert newest == LATER
    assert every == [LATER, COMMIT, "c" * 40]


async def test_a_ref_moves(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> tuple[str | None, str | None]:
        entry = store.ensure(connection, NAME, None, clock.now())
        for commit in (COMMIT, LATER):
            revisions.set_ref(connection, entry.id, "main", commit, clock.now())
        return revisions.ref(connection, entry.id, "main"), revisions.ref(connection, entry.id, "v1")

    assert await database.write(work) == (LATER, None)


async def test_known_files_stay_as_they_are(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> list[File]:
        entry = store.ensure(connection, NAME, None, clock.now())
        key = stored(connection, entry, COMMIT, clock, WEIGHTS)
        revisions.add_files(connection, key, [WEIGHTS, CONFIG])
        return revisions.list_files(connection, key)

    assert await database.write(work) == [CONFIG, replace(WEIGHTS, state=FileState.STORED)]


async def test_one_file_of_a_revision(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> list[object]:
        entry = store.ensure(connection, NAME, None, clock.now())
        empty = revisions.ensure(connection, entry.id, LATER, clock.now()).id
        key = stored(connection, entry, COMMIT, clock, WEIGHTS, CONFIG)
        asked = ((key, CONFIG.path), (key, "absent"), (empty, CONFIG.path))
        found: list[object] = [revisions.find_file(connection, *one) for one in asked]
        return [*found, revisions.is_listed(connection, key), revisions.is_listed(connection, empty)]

    expected = [replace(CONFIG, state=FileState.STORED), None, None, True, False]
    assert await database.write(work) == expected
