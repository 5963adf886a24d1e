"""What the shelf can be narrowed by."""

from sqlalchemy import Connection, update

from steelyard.catalog import store
from steelyard.catalog.facets import Facets, count_facets
from steelyard.catalog.models import Entry, EntryName
from steelyard.catalog.tables import entries
from steelyard.core.ref import Kind
from steelyard.db.database import Database
from steelyard.testing.clock import HandClock


async def test_the_trash_counts_by_status_only_and_purged_ones_nowhere(database: Database, clock: HandClock) -> None:
    def shelve(connection: Connection) -> Facets:
        rows: dict[str, dict[str, object]] = {
            "a": {"status": "ready", "format": "gguf"},
            "b": {"status": "ready", "format": "gguf", "owner": "bob"},
            "c": {"status": "partial"},
            "d": {"status": "deleted", "format": "onnx", "deleted_at": clock.now()},
            "e": {"status": "deleted", "deleted_at": clock.now(), "purged_at": clock.now()},
        }
        for name, values in rows.items():
            _change(connection, _entry(connection, name, clock), values)
        return count_facets(connection)

    assert await database.write(shelve) == Facets(
        status={"ready": 2, "partial": 1, "deleted": 1}, format={"gguf": 2}, owner={"alice": 2, "bob": 1}
    )


async def test_private_ones_of_others_do_not_count(database: Database, clock: HandClock) -> None:
    def shelve(connection: Connection) -> list[dict[str, int]]:
        _entry(connection, "a", clock)
        _change(connection, _entry(connection, "b", clock), {"private": True})
        return [count_facets(connection, viewer).owner for viewer in (None, "alice", "bob")]

    assert await database.write(shelve) == [{"alice": 2}, {"alice": 2}, {"alice": 1}]


def _entry(connection: Connection, name: str, clock: HandClock) -> Entry:
    return store.ensure(connection, EntryName("huggingface", Kind.MODEL, name), "alice", clock.now())


def _change(connection: Connection, entry: Entry, values: dict[str, object]) -> None:
    connection.execute(update(entries).where(entries.c.id == entry.id).values(**values))
