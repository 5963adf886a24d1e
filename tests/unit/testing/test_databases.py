"""The databases that fixtures hand out: of the kind and with the schema that they should have."""

from sqlalchemy import Connection, func, insert, inspect, select

from steelyard.db.database import Database
from steelyard.usage.tables import words
from tests.databases import Backend, ask_from_outside

WORD = insert(words).values(kind=1, text="kept")
COUNT = select(func.count()).select_from(words)


async def test_they_hold_the_present_schema(database: Database, usage_log: Database, backend: Backend) -> None:
    assert (database.kind, usage_log.kind) == (backend, backend)
    assert await database.read(lambda connection: inspect(connection).has_table("jobs"))
    assert await usage_log.read(lambda connection: inspect(connection).has_table("usage_log"))


async def test_what_another_process_would_see(usage_log: Database) -> None:
    def unfinished(connection: Connection) -> int:
        connection.execute(WORD)
        return int(ask_from_outside(usage_log, COUNT))

    assert await usage_log.write(unfinished) == 0
    assert ask_from_outside(usage_log, COUNT) == 1
