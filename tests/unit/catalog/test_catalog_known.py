"""The shelf as statistics see it."""

from datetime import datetime

from sqlalchemy import Connection

from steelyard.catalog import revisions, store
from steelyard.catalog.held import HeldBytes
from steelyard.catalog.known import KnownModels
from steelyard.catalog.models import EntryName, File, FileState
from steelyard.catalog.service import refresh_status
from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.db.database import Database
from steelyard.testing.clock import HandClock
from steelyard.usage.events import milliseconds


def _shelve(connection: Connection, at: datetime, repo: str, digit: str) -> None:
    """An entry with a file of a thousand bytes."""
    entry = store.ensure(connection, EntryName("huggingface", Kind.MODEL, repo), None, at)
    revision = revisions.ensure(connection, entry.id, "a" * 40, at)
    revisions.add_files(connection, revision.id, [File("f", 1000, Digest("sha256", digit * 64), FileState.STORED)])
    revisions.complete(connection, revision.id, "job", at)
    refresh_status(connection, entry.id)


def _unshelve(connection: Connection, at: datetime, repo: str) -> None:
    entry = store.find(connection, EntryName("huggingface", Kind.MODEL, repo))
    assert entry is not None
    revision = revisions.ensure(connection, entry.id, "a" * 40, at)
    revisions.mark_files(connection, revision.id, ["f"], FileState.LISTED)
    refresh_status(connection, entry.id)


async def test_arrivals_are_told_anew_when_as_many_bytes_come_as_go(database: Database, clock: HandClock) -> None:
    known, first = KnownModels(database, HeldBytes(clock)), clock.now()
    await database.write(lambda one: _shelve(one, first, "org/old", "1"))
    assert await known.arrivals() == [(milliseconds(first), 1000)]
    clock.forward(days=3)
    later = clock.now()
    await database.write(lambda one: _shelve(one, later, "org/new", "2"))
    await database.write(lambda one: _unshelve(one, later, "org/old"))
    assert await known.arrivals() == [(milliseconds(later), 1000)]
    assert await known.arrivals() is await known.arrivals()  # nothing changed: it is remembered
