"""When tokens and sessions were last used."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest
from sqlalchemy import select

from steelyard.db.database import Database
from steelyard.db.errors import DatabaseAway
from steelyard.identity.accounts.tables import sessions, tokens
from steelyard.identity.sightings import WRITE_SECONDS, Sightings
from steelyard.testing.clock import HandClock, eventually
from steelyard.testing.signer import OllamaSigner
from tests.unit.identity.accounts.yard import Yard


class Moody:
    """A database that is away at first."""

    def __init__(self, database: Database, failures: int) -> None:
        self.database, self.failures, self.written = database, failures, 0

    async def write(self, work: Callable[..., Any]) -> Any:
        self.failures -= 1
        if self.failures >= 0:
            raise DatabaseAway("not now")
        self.written += 1
        return await self.database.write(work)


async def used(database: Database) -> Any:
    return await database.read(lambda connection: connection.execute(select(tokens.c.last_used_at)).scalar_one())


async def last_seen(database: Database) -> Any:
    return await database.read(lambda connection: connection.execute(select(sessions.c.last_seen_at)).scalar_one())


async def test_many_uses_are_one_write(database: Database, clock: HandClock) -> None:
    yard = Yard(database, clock)
    await yard.account("bob")
    token, _ = await yard.token("bob")
    moody = Moody(database, 0)
    sightings = Sightings(cast("Database", moody))
    for _ in range(50):
        clock.forward(seconds=1)
        sightings.token(token, clock.now())
    await sightings.write()
    await sightings.write()  # nothing new
    assert (moody.written, await used(database)) == (1, clock.now())
    yard.close()


async def test_an_older_use_of_another_server_does_not_count(database: Database, clock: HandClock) -> None:
    yard = Yard(database, clock)
    await yard.account("bob")
    token, _ = await yard.token("bob")
    early, late = Sightings(database), Sightings(database)
    early.token(token, clock.now())
    clock.forward(seconds=1)
    late.token(token, clock.now())
    await late.write()
    await early.write()
    assert await used(database) == clock.now()
    yard.close()


async def test_what_a_database_does_not_take_is_written_later(database: Database, clock: HandClock) -> None:
    yard = Yard(database, clock)
    await yard.account("bob")
    token, _ = await yard.token("bob")
    key = await yard.keys.add(await yard.caller(), OllamaSigner().line, None, "bob")
    sightings = Sightings(cast("Database", Moody(database, 1)))
    sightings.token(token, clock.now())
    sightings.key(key.id, clock.now())
    await sightings.write()
    assert await used(database) is None
    await sightings.write()
    assert await used(database) == clock.now()
    (line,) = (await yard.keys.list_page(await yard.caller(), "bob", 1, 0))[1]
    assert line.last_used_at == clock.now()
    yard.close()


async def test_the_last_ones_are_written_when_the_depot_stops(database: Database, clock: HandClock) -> None:
    yard = Yard(database, clock)
    await yard.account("bob")
    token, _ = await yard.token("bob")
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await asyncio.Event().wait()

    sightings = Sightings(database, sleep)
    running = asyncio.create_task(sightings.run())
    await eventually(lambda: slept == [WRITE_SECONDS])
    sightings.token(token, clock.now())
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await used(database) == clock.now()
    yard.close()


async def test_a_session_is_written_every_five_minutes(database: Database, clock: HandClock) -> None:
    yard = Yard(database, clock)
    await yard.account("bob")
    who = await yard.session("bob")
    sightings, start, seen = Sightings(database), clock.now(), []
    for _ in range(6):
        clock.forward(minutes=1)
        sightings.session(who.session, clock.now())
        await sightings.write()
        seen.append(await last_seen(database))
    assert [(moment - start).total_seconds() / 60 for moment in seen] == [0, 0, 0, 0, 5, 5]
    yard.close()
