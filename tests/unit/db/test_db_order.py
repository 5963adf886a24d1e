"""Pages from either end of a list are cuts of one and the same list."""

from sqlalchemy import Column, Connection, Integer, MetaData, Table

from steelyard.db.database import Database
from steelyard.db.order import By, read_page

COUNT = 23
things = Table("things", MetaData(), Column("id", Integer, primary_key=True), Column("size", Integer))
NEWEST = (By(things.c.id, descending=True),)
LARGEST = (By(things.c.size, descending=True, nulls_last=True), *NEWEST)
SMALLEST = (By(things.c.size, nulls_last=True), By(things.c.id))


def _fill(connection: Connection) -> None:
    things.create(connection)
    rows = [{"id": key, "size": None if key % 4 == 0 else key * 7 % 5} for key in range(1, COUNT + 1)]
    connection.execute(things.insert(), rows)


def _ids(connection: Connection, order: tuple[By, ...], limit: int, offset: int) -> list[int]:
    found = read_page(connection, things, [], order, total=COUNT, limit=limit, offset=offset)
    return [row.id for row in found]


async def test_every_page_is_a_cut_of_the_whole(database: Database) -> None:
    def work(connection: Connection) -> None:
        _fill(connection)
        for order in (NEWEST, LARGEST, SMALLEST):
            whole = _ids(connection, order, COUNT, 0)
            assert len(whole) == COUNT
            for limit in (1, 4, COUNT, 100):
                for offset in range(COUNT + 3):
                    assert _ids(connection, order, limit, offset) == whole[offset : offset + limit]

    await database.write(work)


async def test_what_has_no_value_comes_last_in_both_directions(database: Database) -> None:
    def work(connection: Connection) -> None:
        _fill(connection)
        for order in (LARGEST, SMALLEST):
            whole = _ids(connection, order, COUNT, 0)
            assert all(key % 4 == 0 for key in whole[-(COUNT // 4) :])

    await database.write(work)


async def test_a_page_is_of_those_that_match(database: Database) -> None:
    def work(connection: Connection) -> list[int]:
        _fill(connection)
        chosen = [things.c.size == 3]  # of 19, 14 and 9
        return [row.id for row in read_page(connection, things, chosen, NEWEST, total=3, limit=2, offset=1)]

    assert await database.write(work) == [14, 9]
