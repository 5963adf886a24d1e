"""Folders follow the table, whatever moved meanwhile."""

import asyncio
import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, update

from steelyard.catalog import revisions, store, trash_store
from steelyard.catalog.folders import Folders
from steelyard.catalog.models import EntryName, File, FileState
from steelyard.catalog.tables import entries
from steelyard.core.ids import catalog_id
from steelyard.core.ref import Kind
from steelyard.db.database import Database
from steelyard.storage.disk import DiskStorage
from steelyard.testing.clock import HandClock
from steelyard.testing.storage_suite import ANVIL, COMMIT, CONTENT, DIGEST, publish

NAME = EntryName("huggingface", Kind.MODEL, ANVIL.repo)
FILE = File("model.bin", len(CONTENT), DIGEST, FileState.STORED)


@pytest.fixture
def storage(tmp_path: Path) -> DiskStorage:
    """A store with one repository."""
    storage = DiskStorage(tmp_path / "store")
    publish(storage, ANVIL)
    storage.show(ANVIL, COMMIT, FILE.path, DIGEST)
    return storage


@pytest.fixture
async def folders(database: Database, storage: DiskStorage) -> AsyncIterator[Folders]:
    with ThreadPoolExecutor(2) as threads:
        yield Folders(database, storage, threads)


@pytest.fixture
async def key(database: Database, clock: HandClock) -> int:
    """The repository's entry."""

    def shelve(connection: Connection) -> int:
        entry = store.ensure(connection, NAME, "alice", clock.now())
        revision = revisions.ensure(connection, entry.id, COMMIT, clock.now())
        revisions.add_files(connection, revision.id, [FILE])
        return entry.id

    return await database.write(shelve)


async def throw(database: Database, clock: HandClock, key: int) -> None:
    now = clock.now()
    assert await database.write(lambda connection: trash_store.throw(connection, key, "alice", now, now))


async def restore(database: Database, key: int) -> None:
    assert await database.write(lambda connection: trash_store.restore(connection, key))


def shown(storage: DiskStorage) -> bool:
    return storage.layout.snapshot(ANVIL, COMMIT, FILE.path).exists()


def trashed(storage: DiskStorage) -> list[str]:
    return [path.name for path in storage.layout.trash.iterdir()]


async def test_into_the_trash_and_back(
    database: Database, clock: HandClock, storage: DiskStorage, folders: Folders, key: int
) -> None:
    await folders.settle(key)
    assert (shown(storage), trashed(storage)) == (True, [])
    await throw(database, clock, key)
    for _ in range(2):
        await folders.settle(key)
        assert (shown(storage), trashed(storage)) == (False, [catalog_id(key)])
    await restore(database, key)
    for _ in range(2):
        await folders.settle(key)
        assert (shown(storage), trashed(storage)) == (True, [])


async def test_of_two_processes_the_last_one_to_move_knows_the_truth(
    database: Database, clock: HandClock, storage: DiskStorage, key: int
) -> None:
    """Each has locks of its own, so only the second look at the table can keep them together."""
    with ThreadPoolExecutor(4) as threads:
        processes = [Folders(database, storage, threads) for _ in range(3)]
        for number in range(12):
            await (throw(database, clock, key) if number % 2 == 0 else restore(database, key))
            settling = [asyncio.create_task(one.settle(key)) for one in processes]
            await asyncio.sleep(0.002 * (number % 4))
            if number % 3 == 0:
                await asyncio.gather(*settling)
        await restore(database, key) if number % 2 == 0 else None
        await asyncio.gather(*settling, *(one.settle(key) for one in processes))
    assert (shown(storage), trashed(storage)) == (True, [])
    assert storage.layout.blob(ANVIL, DIGEST).read_bytes() == CONTENT


async def test_a_round_mends_what_a_crash_left(
    database: Database, clock: HandClock, storage: DiskStorage, folders: Folders, key: int
) -> None:
    await throw(database, clock, key)
    await folders.mend()
    assert (shown(storage), trashed(storage)) == (False, [catalog_id(key)])
    await restore(database, key)
    await folders.mend()
    assert (shown(storage), trashed(storage)) == (True, [])


async def test_what_nobody_knows_leaves_the_trash_for_the_strangers_folder(
    storage: DiskStorage, folders: Folders
) -> None:
    for name in ("m~zzz", "no catalog id"):
        (storage.layout.trash / name).mkdir()
        (storage.layout.trash / name / "file").write_text(name)
    await folders.mend()
    kept = {path.read_text() for path in storage.layout.foreign.rglob("file")}
    assert (trashed(storage), kept) == ([], {"m~zzz", "no catalog id"})


async def test_late_files_of_ours_only(
    database: Database, clock: HandClock, storage: DiskStorage, folders: Folders, key: int
) -> None:
    await throw(database, clock, key)
    await folders.settle(key)
    moment = clock.now().timestamp()
    for late, seconds in ((storage.layout.blob(ANVIL, DIGEST), 10), (storage.layout.ref(ANVIL, "main"), 1000)):
        late.parent.mkdir(parents=True, exist_ok=True)
        late.write_bytes(CONTENT if late.parent.name == "blobs" else COMMIT.encode())
        late.chmod(0o444)
        os.utime(late, (moment + seconds, moment + seconds))
    await folders.mend()
    assert not storage.layout.blob(ANVIL, DIGEST).exists()
    assert storage.layout.ref(ANVIL, "main").read_text() == COMMIT, "that came long after: a stranger's"


async def test_a_folder_that_another_source_uses_too_stays(
    database: Database, clock: HandClock, storage: DiskStorage, folders: Folders, key: int
) -> None:
    other = EntryName("folder", Kind.MODEL, ANVIL.repo)
    await database.write(lambda connection: store.ensure(connection, other, None, clock.now()))
    await throw(database, clock, key)
    await folders.settle(key)
    assert (shown(storage), trashed(storage)) == (True, [])


async def say(database: Database, key: int, *, private: bool) -> None:
    values = update(entries).where(entries.c.id == key).values(private=private)
    await database.write(lambda connection: connection.execute(values).close())


async def test_onto_the_private_shelf_and_back(
    database: Database, clock: HandClock, storage: DiskStorage, folders: Folders, key: int
) -> None:
    closed = storage.layout.snapshot(ANVIL.elsewhere, COMMIT, FILE.path)
    for move in (folders.mend, lambda: folders.settle(key)):
        await say(database, key, private=True)
        for _ in range(2):
            await move()
            assert (shown(storage), closed.exists()) == (False, True)
        await say(database, key, private=False)
        for _ in range(2):
            await move()
            assert (shown(storage), closed.exists()) == (True, False)
    assert not storage.layout.repository(ANVIL.elsewhere).exists()


async def test_a_private_one_goes_to_the_trash_from_either_shelf(
    database: Database, clock: HandClock, storage: DiskStorage, folders: Folders, key: int
) -> None:
    closed = storage.layout.snapshot(ANVIL.elsewhere, COMMIT, FILE.path)
    await say(database, key, private=True)
    for _ in range(2):
        await throw(database, clock, key)
        await folders.settle(key)
        assert (shown(storage), closed.exists(), trashed(storage)) == (False, False, [catalog_id(key)])
        await restore(database, key)
        await folders.settle(key)
        assert (shown(storage), closed.exists(), trashed(storage)) == (False, True, [])


async def test_entries_of_one_name_on_both_shelves(
    database: Database, clock: HandClock, storage: DiskStorage, folders: Folders, key: int
) -> None:
    """They shared a folder until one was made private; each keeps what it needs, and deleting one leaves the other."""

    def shelve(connection: Connection) -> int:
        twin = store.ensure(connection, EntryName("mirror", Kind.MODEL, ANVIL.repo), "bob", clock.now())
        revision = revisions.ensure(connection, twin.id, COMMIT, clock.now())
        revisions.add_files(connection, revision.id, [FILE])
        return twin.id

    twin = await database.write(shelve)
    closed = storage.layout.snapshot(ANVIL.elsewhere, COMMIT, FILE.path)
    await say(database, key, private=True)
    for _ in range(2):
        await folders.mend()
        assert (shown(storage), closed.exists()) == (True, True)
    await throw(database, clock, key)
    await folders.settle(key)
    assert (shown(storage), closed.exists(), trashed(storage)) == (True, False, [catalog_id(key)])
    await restore(database, key)
    await folders.settle(key)
    await throw(database, clock, twin)
    await folders.mend()
    assert (shown(storage), closed.exists(), trashed(storage)) == (False, True, [catalog_id(twin)])
