"""Nobody is told that something is here which cannot be read: the link and the blob behind it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from steelyard.catalog import blobs, revisions, tables
from steelyard.catalog import store as catalog
from steelyard.catalog.blobs import Seal
from steelyard.catalog.models import EntryName, File, FileState
from steelyard.catalog.sight import is_there
from steelyard.core.ref import Kind
from steelyard.db.database import Database
from steelyard.downloads.locks import PartLocks
from steelyard.downloads.models import Wanted
from steelyard.downloads.presence import Presence
from steelyard.downloads.settings import DownloadSettings
from steelyard.downloads.tools import Tools
from steelyard.storage.disk import DiskStorage
from steelyard.storage.fingerprint import Fingerprint
from steelyard.storage.layout import RepoFolder
from steelyard.testing.clock import HandClock
from steelyard.testing.source import digest_of

FOLDER = RepoFolder(Kind.MODEL, "org/name")
COMMIT = "c" * 40
CONTENT = bytes(2000)
A, B = (File(name, len(CONTENT), digest_of(CONTENT), FileState.STORED) for name in ("a.bin", "sub/b.bin"))
WANTED = Wanted("huggingface", "model", "org/name", "main", COMMIT, (), ())


@pytest.fixture
def tools(database: Database, clock: HandClock, tmp_path: Path) -> Iterator[Tools]:
    """A store in which one revision shows the same bytes under two names."""
    storage = DiskStorage(tmp_path / "store")
    with storage.open_part(A.digest) as part:
        part.write(0, CONTENT)
    storage.publish_part(A.digest, FOLDER)
    for file in (A, B):
        storage.show(FOLDER, COMMIT, file.path, file.digest)
    with ThreadPoolExecutor(1) as threads:
        yield Tools(database, storage, threads, threads, PartLocks(), clock, DownloadSettings(), 0)


@pytest.fixture
async def revision(tools: Tools, clock: HandClock) -> int:
    """The revision's key; the table says that all of it is here."""

    def shelve(connection: Connection) -> int:
        entry = catalog.ensure(connection, EntryName("huggingface", Kind.MODEL, "org/name"), "alice", clock.now())
        revision = revisions.ensure(connection, entry.id, COMMIT, clock.now())
        revisions.add_files(connection, revision.id, [A, B])
        revisions.mark_files(connection, revision.id, [A.path, B.path], FileState.STORED)
        revisions.complete(connection, revision.id, "job", clock.now())
        blobs.seal(connection, entry.id, {A.digest: as_it_is(tools)}, clock.now())
        return revision.id

    return await tools.database.write(shelve)


def place(tools: Tools, file: File) -> Path:
    """Where the snapshot shows a file."""
    return tools.storage.layout.snapshot(FOLDER, COMMIT, file.path)


def blob(tools: Tools) -> Path:
    """The bytes behind both files."""
    return tools.storage.layout.blob(FOLDER, A.digest)


def as_it_is(tools: Tools) -> Fingerprint:
    """The blob's file as it is now."""
    return Fingerprint.of(blob(tools).stat())


async def states(tools: Tools, revision: int) -> dict[str, FileState]:
    """What the table believes."""
    files = await tools.database.read(lambda connection: revisions.list_files(connection, revision))
    return {file.path: file.state for file in files}


async def test_nothing_is_lost(tools: Tools, revision: int) -> None:
    assert await Presence(tools).forget_lost(WANTED) == 0
    assert set((await states(tools, revision)).values()) == {FileState.STORED}


async def test_a_lost_link_is_one_lost_file(tools: Tools, revision: int) -> None:
    place(tools, B).unlink()
    assert await Presence(tools).forget_lost(WANTED) == 1
    assert await states(tools, revision) == {A.path: FileState.STORED, B.path: FileState.LISTED}


async def test_a_lost_blob_loses_every_file_that_shows_it(tools: Tools, revision: int) -> None:
    blob(tools).unlink()
    assert await Presence(tools).forget_lost(WANTED) == 2
    assert set((await states(tools, revision)).values()) == {FileState.LISTED}


async def test_a_blob_of_another_size_is_lost(tools: Tools, revision: int) -> None:
    blob(tools).chmod(0o600)
    blob(tools).write_bytes(CONTENT[:-1])
    assert await Presence(tools).forget_lost(WANTED) == 2
    assert not tools.storage.is_shown(FOLDER, COMMIT, A.path, A.size)
    assert revision


async def test_a_blob_that_was_written_to_since_must_be_read_again(tools: Tools, revision: int) -> None:
    blob(tools).chmod(0o600)
    blob(tools).write_bytes(bytes([1]) + CONTENT[1:])
    assert await Presence(tools).forget_lost(WANTED) == 2
    assert set((await states(tools, revision)).values()) == {FileState.LISTED}


async def test_a_blob_that_nobody_sealed_must_be_read_first(tools: Tools, revision: int) -> None:
    entry = await tools.database.read(lambda connection: connection.execute(select(tables.blobs.c.entry)).scalar_one())
    await tools.database.write(lambda connection: blobs.unseal(connection, entry, [A.digest]))
    assert await Presence(tools).forget_lost(WANTED) == 2
    assert set((await states(tools, revision)).values()) == {FileState.LISTED}


async def test_a_file_in_the_place_of_a_folder_is_no_file(tools: Tools) -> None:
    place(tools, B).unlink()
    place(tools, B).parent.rmdir()
    place(tools, B).parent.write_bytes(b"in the way")
    seals = {A.digest: Seal(as_it_is(tools), tools.clock.now())}
    assert not is_there(tools.storage, FOLDER, COMMIT, B, seals)
    assert is_there(tools.storage, FOLDER, COMMIT, A, seals)


async def test_what_is_only_listed_is_not_there(tools: Tools) -> None:
    listed = File(A.path, A.size, A.digest, FileState.LISTED)
    assert not is_there(tools.storage, FOLDER, COMMIT, listed, {A.digest: Seal(as_it_is(tools), tools.clock.now())})


@pytest.mark.parametrize(("revision_name", "expected"), [("main", True), (None, True), (COMMIT, False)])
async def test_a_name_is_pointed_at_its_commit_and_a_commit_is_none(
    tools: Tools, revision_name: str | None, expected: bool
) -> None:
    await Presence(tools).point(Wanted("huggingface", "model", "org/name", revision_name, COMMIT, (), ()))
    refs = tools.storage.layout.ref(FOLDER, "main")
    assert refs.exists() is expected
    assert not expected or refs.read_text() == COMMIT
