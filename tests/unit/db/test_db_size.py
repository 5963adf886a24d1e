"""How large a database says it is."""

from steelyard.db.database import Database
from steelyard.db.size import bytes_of


async def test_an_empty_database_takes_some_bytes(database: Database) -> None:
    assert await database.read(bytes_of) > 10_000
