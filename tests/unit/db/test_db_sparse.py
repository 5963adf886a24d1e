"""Many rows with many empty columns, on each database."""

from typing import Any

import pytest
from sqlalchemy import JSON, BigInteger, Boolean, Column, Connection, Float, MetaData, String, Table, select
from sqlalchemy.exc import IntegrityError

from steelyard.db import sparse
from steelyard.db.database import Database

things = Table(
    "things", MetaData(), Column("id", BigInteger, primary_key=True), Column("flag", Boolean), Column("size", Float),
    Column("text", String(8)), Column("document", JSON(none_as_null=True)), Column("never", String(8)),
)  # fmt: skip
LARGE = (1 << 62) + 1  # keys are that large, and no fraction holds them
ROWS: list[tuple[Any, ...]] = [
    (LARGE, True, 1.5, 'quo"te', {"a": [1, {"b": "ü\n"}], "big": 10**30}, None),
    (2, False, 3, "", None, None),
    (3, None, None, None, {}, None),
]


async def test_every_value_comes_back(database: Database) -> None:
    def work(connection: Connection) -> list[Any]:
        things.create(connection)
        sparse.insert(connection, things, ROWS)
        sparse.insert(connection, things, [(4, *[None] * 5)])
        sparse.insert(connection, things, [])
        return [tuple(row) for row in connection.execute(select(things).order_by(things.c.id))]

    assert await database.write(work) == [*ROWS[1:], (4, *[None] * 5), ROWS[0]]


async def test_a_key_that_is_taken_is_an_error(database: Database) -> None:
    def work(connection: Connection) -> None:
        things.create(connection)
        sparse.insert(connection, things, ROWS)
        sparse.insert(connection, things, ROWS[:1])

    with pytest.raises(IntegrityError):
        await database.write(work)


@pytest.mark.parametrize(
    ("version", "expected"), [((3, 51, 0), "jsonb_each"), ((3, 50, 4), "json_each"), (None, "json_each")]
)
def test_an_older_sqlite_reads_it_in_its_own_way(version: tuple[int, ...] | None, expected: str) -> None:
    assert sparse.reader_of(version) == expected


async def test_columns_may_be_left_out(database: Database) -> None:
    def work(connection: Connection) -> list[Any]:
        things.create(connection)
        sparse.insert_columns(
            connection, things, {"document": [{"a": 1.5}, None], "id": [LARGE, 2], "flag": [True, False]}
        )
        return [tuple(row) for row in connection.execute(select(things).order_by(things.c.id))]

    assert await database.write(work) == [
        (2, False, None, None, None, None),
        (LARGE, True, None, None, {"a": 1.5}, None),
    ]
