"""Many who change the same row at the same moment: each counts once, and those that collide do not go on colliding."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, insert, select, update
from sqlalchemy.exc import DBAPIError

from steelyard.db.database import Database, Manners
from steelyard.db.postgres import READERS, WRITERS, explain, parse_address, patience, reader_engine, writer_engine
from steelyard.testing.postgres import PostgresCluster

numbers = Table("numbers", MetaData(), Column("number", Integer, nullable=False))
MANY = 60


@dataclass
class Watched:
    """The patience of the product, with a memory."""

    tries: list[int] = field(default_factory=list)

    def __call__(self, error: DBAPIError, tries: int) -> float | None:
        """How long to wait."""
        self.tries.append(tries)
        return patience(error, tries)


@pytest.fixture
def watched() -> Watched:
    """What was tried again."""
    return Watched()


@pytest.fixture
def contended(postgres: PostgresCluster, watched: Watched) -> Iterator[Database]:
    """One row with a nought in it."""
    with postgres.database() as url:
        address = parse_address(url)
        writer = writer_engine(address, "SERIALIZABLE")
        manners = Manners("postgresql", READERS, WRITERS, watched, explain)
        database = Database(reader_engine(address), writer, manners, lambda: None)
        with writer.begin() as connection:
            numbers.create(connection)
            connection.execute(insert(numbers).values(number=0))
        yield database
        database.close()


async def test_each_counts_once_and_few_collide_twice(contended: Database, watched: Watched) -> None:
    def add_one(connection: Connection) -> None:
        number = connection.execute(select(numbers.c.number)).scalar_one()
        connection.execute(update(numbers).values(number=number + 1))

    await asyncio.gather(*(contended.write(add_one) for _ in range(MANY)))
    assert await contended.read(lambda connection: connection.execute(select(numbers.c.number)).scalar_one()) == MANY
    assert watched.tries  # else nothing was shown
    assert max(watched.tries) <= 3
