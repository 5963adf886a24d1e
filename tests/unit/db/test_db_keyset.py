"""Long lists in slices: every row once, in order, however rows arrive meanwhile."""

from collections.abc import Sequence

import pytest
from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, select

from steelyard.db.database import Database
from steelyard.db.keyset import Mark, going_on, slices

things = Table("things", MetaData(), Column("id", BigInteger, primary_key=True), Column("moment", BigInteger))


class Shelf:
    """Numbers from high to low, and what was asked for them."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.asked: list[tuple[Mark | None, int]] = []

    async def read(self, mark: Mark | None, many: int) -> Sequence[int]:
        """The next ones."""
        self.asked.append((mark, many))
        first = self.count if mark is None else mark.key - 1
        return list(range(first, max(0, first - many), -1))


@pytest.mark.parametrize(
    ("count", "limit", "reads"),
    [(0, None, [3]), (2, None, [3]), (3, None, [3, 3]), (7, None, [3, 3, 3]), (7, 5, [3, 2]), (7, 6, [3, 3]),
     (2, 1000, [3]), (7, 1, [1])],
)  # fmt: skip
async def test_each_row_comes_once(count: int, limit: int | None, reads: list[int]) -> None:
    shelf = Shelf(count)
    found = [row async for rows in slices(shelf.read, lambda row: Mark(row, row), limit, size=3) for row in rows]
    assert found == list(range(count, 0, -1))[:limit]
    assert [many for _, many in shelf.asked] == reads
    assert [mark.key for mark, _ in shelf.asked if mark is not None] == found[2::3][: len(reads) - 1]


async def test_nothing_more_is_read_when_nobody_wants_more() -> None:
    shelf = Shelf(100)
    reading = slices(shelf.read, lambda row: Mark(row, row), size=3)
    assert [await anext(reading), await anext(reading)] == [[100, 99, 98], [97, 96, 95]]
    assert len(shelf.asked) == 2


async def test_rows_of_one_moment_are_parted_by_their_keys(database: Database) -> None:
    rows = [{"id": key, "moment": key // 5} for key in range(1, 24)]

    def fill(connection: Connection) -> None:
        things.create(connection)
        connection.execute(things.insert(), rows)

    await database.write(fill)

    async def read(mark: Mark | None, many: int) -> list[tuple[int, int]]:
        newest = select(things.c.moment, things.c.id).order_by(things.c.moment.desc(), things.c.id.desc()).limit(many)
        statement = going_on(newest, things.c.moment, things.c.id, mark, 2)
        found = await database.read(lambda connection: list(connection.execute(statement)))
        return [(row.moment, row.id) for row in found]

    found = [row async for some in slices(read, lambda row: Mark(*row), size=3) for row in some]
    assert found == [(row["moment"], row["id"]) for row in reversed(rows)][2:]
