"""A page and its total agree, whichever was read first."""

from functools import partial

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, func, select

from steelyard.db.counted import counted_page
from steelyard.db.database import Database
from steelyard.db.order import By, read_page

COUNT = 7
things = Table("counted_things", MetaData(), Column("id", Integer, primary_key=True))


def _fill(connection: Connection) -> None:
    things.create(connection)
    connection.execute(things.insert(), [{"id": key} for key in range(COUNT)])


def _count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(things)).scalar_one()


def _rows(limit: int, offset: int, connection: Connection, total: int | None) -> list[int]:
    found = read_page(connection, things, [], [By(things.c.id)], total=total, limit=limit, offset=offset)
    return [row.id for row in found]


@pytest.mark.parametrize("offset", [0, 3, 6, 7, 100, 60_000])
async def test_every_page_has_the_true_total(database: Database, offset: int) -> None:
    await database.write(_fill)
    try:
        page = await counted_page(database, _count, partial(_rows, 2, offset), offset)
    finally:
        await database.write(things.drop)
    assert page == (COUNT, list(range(COUNT))[offset : offset + 2])


async def test_what_came_in_between_is_counted_with_the_page(database: Database) -> None:
    found = await counted_page(database, lambda _one: 1, lambda _one, _total: [1, 2, 3], 4)
    assert found == ((1 if database.kind == "sqlite" else 7), [1, 2, 3])
