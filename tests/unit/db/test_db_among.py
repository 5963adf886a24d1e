"""One of many values, on each database."""

from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text, select

from steelyard.db.among import among
from steelyard.db.database import Database

things = Table("things", MetaData(), Column("id", BigInteger, primary_key=True), Column("word", Text))
LARGE = 1 << 62  # keys are that large


async def test_those_that_are_among_them_are_found(database: Database) -> None:
    def work(connection: Connection) -> list[list[int]]:
        things.create(connection)
        words = enumerate(["a,b", 'quo"te', "{}", ""])
        connection.execute(things.insert(), [{"id": LARGE + key, "word": word} for key, word in words])
        asked = (
            among(connection, things.c.id, [LARGE, LARGE + 2, 7]),
            among(connection, things.c.word, {"a,b", 'quo"te', ""}),
            among(connection, things.c.word, ["{}"]),
            among(connection, things.c.id, []),
        )
        return [
            list(connection.execute(select(things.c.id).where(one).order_by(things.c.id)).scalars()) for one in asked
        ]

    found = await database.write(work)
    assert found == [[LARGE, LARGE + 2], [LARGE, LARGE + 1, LARGE + 3], [LARGE + 2], []]


async def test_however_many_they_are(database: Database) -> None:
    def work(connection: Connection) -> list[int]:
        things.create(connection)
        connection.execute(things.insert(), [{"id": LARGE + key, "word": f"w{key}"} for key in range(5)])
        many = [*range(300_000), LARGE + 1, LARGE + 3]
        words = [f"w{key}" for key in range(2, 300_000)]
        both = among(connection, things.c.id, many), among(connection, things.c.word, words)
        return list(connection.execute(select(things.c.id).where(*both)).scalars())

    assert await database.write(work) == [LARGE + 3]
