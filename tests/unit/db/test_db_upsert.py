"""INSERT … ON CONFLICT."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, select

from steelyard.db.database import Database
from steelyard.db.upsert import insert_new, insert_or_add, insert_or_update

things = Table("things", MetaData(), Column("kind", String, primary_key=True), Column("count", Integer))

spans = Table(
    "spans", things.metadata, Column("kind", String, primary_key=True), Column("events", Integer),
    Column("first", Integer), Column("last", Integer),
)  # fmt: skip


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """Tables of no room, empty."""
    with database.writer.begin() as connection:
        things.metadata.create_all(connection)
        yield connection


def _all(connection: Connection) -> dict[str, int]:
    return {row[0]: row[1] for row in connection.execute(select(things.c.kind, things.c["count"]))}


def test_only_new_rows_are_inserted_and_old_ones_stay(connection: Connection) -> None:
    assert insert_new(connection, things, [{"kind": "a", "count": 1}], ["kind"]) == 1
    rows = [{"kind": "a", "count": 9}, {"kind": "b", "count": 2}]
    assert insert_new(connection, things, rows, ["kind"]) == 1
    assert _all(connection) == {"a": 1, "b": 2}


def test_no_rows_are_no_statement(connection: Connection) -> None:
    assert insert_new(connection, things, [], ["kind"]) == 0


def test_a_taken_key_is_updated_from_what_was_there(connection: Connection) -> None:
    for _ in range(3):
        change = {"count": things.c["count"] + 5}
        insert_or_update(connection, things, {"kind": "a", "count": 1}, ["kind"], change)
    assert _all(connection) == {"a": 11}


def test_taken_keys_add_up_and_their_span_grows_both_ways(connection: Connection) -> None:
    for rows in ([("a", 1, 5, 5), ("b", 2, 1, 9)], [("a", 3, 2, 4), ("b", 1, 5, 6)], [("a", 1, 7, 8)]):
        named = [dict(zip(("kind", "events", "first", "last"), row, strict=True)) for row in rows]
        insert_or_add(connection, spans, named, keys=["kind"], add="events", earliest="first", latest="last")
    found = [tuple(row) for row in connection.execute(select(spans).order_by(spans.c.kind))]
    assert found == [("a", 5, 2, 8), ("b", 3, 1, 9)]
