"""Facts get into the table: of a revision and of its entry, at once."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update

from steelyard.catalog import revisions, store
from steelyard.catalog import tables as catalog
from steelyard.catalog.facts import RevisionFacts
from steelyard.catalog.inspect.inspector import Inspector
from steelyard.catalog.models import Entry, EntryName, File, FileState, Traits
from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.db.database import Database
from steelyard.storage.disk import DiskStorage
from steelyard.storage.layout import RepoFolder
from steelyard.testing.clock import HandClock
from steelyard.testing.weights import Tensor, gguf_bytes

NAME = EntryName("huggingface", Kind.MODEL, "org/name")
COMMIT = "a" * 40
GGUF = gguf_bytes({"general.architecture": "llama", "general.file_type": 15}, {"a": Tensor((4,))})


async def here(work: Callable[[], RevisionFacts]) -> RevisionFacts:
    """In no thread at all."""
    return work()


@pytest.fixture
def storage(tmp_path: Path) -> DiskStorage:
    """A store."""
    return DiskStorage(tmp_path / "store")


@pytest.fixture
def inspector(database: Database, storage: DiskStorage, clock: HandClock) -> Inspector:
    """It works at once."""
    return Inspector(database, storage, clock, here)


async def shelve(database: Database, storage: DiskStorage, clock: HandClock, files: dict[str, bytes]) -> int:
    """A complete revision as an earlier version left it: nobody read its files. Returns its key."""
    folder = RepoFolder(NAME.kind, NAME.repo)
    listed = []
    for path, data in files.items():
        digest = Digest("sha256", hashlib.sha256(data).hexdigest())
        storage.layout.blob(folder, digest).parent.mkdir(parents=True, exist_ok=True)
        storage.layout.blob(folder, digest).write_bytes(data)
        listed.append(File(path, len(data), digest, FileState.STORED))

    def write(connection: Connection) -> int:
        entry = store.ensure(connection, NAME, "alice", clock.now())
        revision = revisions.ensure(connection, entry.id, COMMIT, clock.now())
        revisions.add_files(connection, revision.id, listed)
        revisions.complete(connection, revision.id, "job", clock.now())
        return revision.id

    return await database.write(write)


async def entry_of(database: Database) -> Entry:
    """The one entry."""
    found = await database.read(lambda connection: store.find(connection, NAME))
    assert found is not None
    return found


async def test_facts_of_revision_and_entry(
    database: Database, storage: DiskStorage, clock: HandClock, inspector: Inspector
) -> None:
    key = await shelve(database, storage, clock, {"a-Q4_K_M.gguf": GGUF, "bad.gguf": b"GGUF"})
    facts = await inspector.inspect(key)
    assert facts.traits == Traits("llama", 4, "Q4_K_M")
    entry = await entry_of(database)
    assert (entry.traits, entry.size) == (facts.traits, len(GGUF) + 4)
    revision = await database.read(lambda connection: revisions.find(connection, entry.id, COMMIT))
    assert revision is not None
    assert revision.problems == ("bad.gguf: the file has 4 bytes, fewer than the smallest GGUF",)
    assert [variant.name for variant in revision.variants] == ["bad", "Q4_K_M"]
    read_at = select(catalog.revisions.c.inspected_at)
    assert await database.read(lambda connection: connection.execute(read_at).scalar_one()) == clock.now()


async def test_what_an_earlier_version_brought_is_read_once(
    database: Database, storage: DiskStorage, clock: HandClock, inspector: Inspector
) -> None:
    await shelve(database, storage, clock, {"a.gguf": GGUF})
    assert (await entry_of(database)).size == 0
    assert await inspector.catch_up() == 1
    entry = await entry_of(database)
    assert (entry.traits.architecture, entry.size) == ("llama", len(GGUF))
    assert await inspector.catch_up() == 0


async def test_what_is_in_the_trash_waits(
    database: Database, storage: DiskStorage, clock: HandClock, inspector: Inspector
) -> None:
    await shelve(database, storage, clock, {"a.gguf": GGUF})
    await database.write(_deleted_at(clock.now()))
    assert await inspector.catch_up() == 0
    await database.write(_deleted_at(None))
    assert await inspector.catch_up() == 1


def _deleted_at(moment: datetime | None) -> Callable[[Connection], None]:
    def change(connection: Connection) -> None:
        connection.execute(update(catalog.entries).values(deleted_at=moment))

    return change


async def test_a_revision_that_is_gone_meanwhile_has_no_facts(inspector: Inspector) -> None:
    assert await inspector.inspect(7) == RevisionFacts()


async def test_an_entry_without_a_complete_revision_has_no_traits(
    database: Database, storage: DiskStorage, clock: HandClock, inspector: Inspector
) -> None:
    key = await shelve(database, storage, clock, {"a.gguf": GGUF})
    await database.write(lambda connection: revisions.reopen(connection, key))
    assert (await inspector.inspect(key)).traits.architecture == "llama"
    assert (await entry_of(database)).traits == Traits()


async def test_what_can_be_chosen_is_known_when_files_are_listed(
    database: Database, storage: DiskStorage, clock: HandClock, inspector: Inspector
) -> None:
    key = await shelve(database, storage, clock, {"a-Q4_0.gguf": GGUF})
    await inspector.inspect(key)

    def list_more(connection: Connection) -> None:
        more = File("a-Q8_0.gguf", 9, Digest("sha256", "2" * 64), FileState.LISTED)
        revisions.set_variants(connection, key, [*revisions.list_files(connection, key), more])

    await database.write(list_more)
    entry = await entry_of(database)
    (found,) = await database.read(lambda connection: revisions.of_entry(connection, entry.id))
    assert [variant.name for variant in found.variants] == ["Q8_0", "Q4_0"]
