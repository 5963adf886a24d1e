"""Bytes held: right after every change, and not added up anew without one."""

from sqlalchemy import Connection, event

from steelyard.catalog import revisions, store
from steelyard.catalog.held import HeldBytes
from steelyard.catalog.models import EntryName, File, FileState
from steelyard.catalog.service import refresh_status
from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.db.database import Database
from steelyard.testing.clock import HandClock

SHARED = Digest("sha256", "1" * 64)
OWN = Digest("sha256", "2" * 64)


def _shelve(connection: Connection, clock: HandClock, repo: str, *files: File) -> int:
    """An entry with these files here; its revision."""
    entry = store.ensure(connection, EntryName("huggingface", Kind.MODEL, repo), None, clock.now())
    revision = revisions.ensure(connection, entry.id, "a" * 40, clock.now())
    revisions.add_files(connection, revision.id, files)
    revisions.complete(connection, revision.id, "job", clock.now())
    refresh_status(connection, entry.id)
    return revision.id


def _file(path: str, size: int, digest: Digest) -> File:
    return File(path, size, digest, FileState.STORED)


async def test_the_sum_follows_every_change(database: Database, clock: HandClock) -> None:
    held = HeldBytes(clock)

    def grow(connection: Connection) -> list[int]:
        seen = [held.total(connection)]
        _shelve(connection, clock, "org/one", _file("a", 1000, SHARED))
        seen.append(held.total(connection))
        _shelve(connection, clock, "org/two", _file("a", 1000, SHARED), _file("b", 7, OWN))
        seen.append(held.total(connection))
        return seen

    assert await database.write(grow) == [0, 1000, 1007]

    def shrink(connection: Connection) -> int:
        entry = store.find(connection, EntryName("huggingface", Kind.MODEL, "org/two"))
        assert entry is not None
        revision = revisions.ensure(connection, entry.id, "a" * 40, clock.now())
        revisions.mark_files(connection, revision.id, ["b"], FileState.LISTED)
        refresh_status(connection, entry.id)
        return held.total(connection)

    assert await database.write(shrink) == 1000


async def test_files_are_added_up_only_after_a_change_or_a_minute(database: Database, clock: HandClock) -> None:
    held = HeldBytes(clock)
    await database.write(lambda connection: _shelve(connection, clock, "org/one", _file("a", 1000, SHARED)))
    counts: list[int] = []

    def look(connection: Connection) -> None:
        statements: list[str] = []

        def seen(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
            statements.append(statement)

        event.listen(connection, "before_cursor_execute", seen)
        assert held.total(connection) == 1000
        counts.append(len(statements))

    await database.read(look)
    await database.read(look)
    clock.forward(seconds=59)
    await database.read(look)
    clock.forward(seconds=2)
    await database.read(look)
    assert counts == [2, 1, 1, 2]
