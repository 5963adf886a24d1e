"""A PostgreSQL that hangs, one that stopped, and one that is only slow to be asked."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing

import psycopg
import pytest
from sqlalchemy import Connection, text

from steelyard.core.threads import ended
from steelyard.db.database import Database
from steelyard.db.errors import DatabaseAway
from steelyard.db.lifeline import Lifeline
from steelyard.db.listening import connect_parameters
from steelyard.db.postgres import open_postgres
from steelyard.db.pulse import Pulse, is_alive
from steelyard.testing.clock import eventually
from steelyard.testing.postgres import PostgresCluster

SILENCE = 0.2


@pytest.fixture
def cluster() -> Iterator[PostgresCluster]:
    """One that is stopped in the test."""
    with PostgresCluster() as cluster:
        yield cluster


@asynccontextmanager
async def watched(cluster: PostgresCluster) -> AsyncIterator[tuple[Database, Lifeline]]:
    """A database with a pulse, both told what they find."""
    lifeline = Lifeline()
    database = open_postgres(cluster.url(), isolation="READ COMMITTED", lifeline=lifeline)
    pulse = asyncio.create_task(Pulse(connect_parameters(database.writer), lifeline, SILENCE).run())
    try:
        yield database, lifeline
    finally:
        pulse.cancel()
        await ended([pulse])
        database.close()


def one(connection: Connection) -> int:
    """The smallest question."""
    return int(connection.execute(text("SELECT 1")).scalar_one())


async def test_one_that_hangs_is_noticed_and_one_that_wakes_up_too(cluster: PostgresCluster) -> None:
    async with watched(cluster) as (database, lifeline):
        assert await database.read(one) == 1
        with cluster.hanging():
            async with asyncio.timeout(30):  # it would be for ever
                with pytest.raises(DatabaseAway, match="silent"):
                    await database.read(one)
            assert lifeline.is_cut
            with pytest.raises(DatabaseAway):
                await database.write(one)
        await eventually(lambda: not lifeline.is_cut)
        assert await database.write(one) == 1


async def test_one_that_stopped_is_noticed_without_a_question(cluster: PostgresCluster) -> None:
    async with watched(cluster) as (database, lifeline):
        assert await database.read(one) == 1
        cluster.stop()
        await eventually(lambda: lifeline.is_cut)
        with pytest.raises(DatabaseAway):
            await database.read(one)
        cluster.start()
        await eventually(lambda: not lifeline.is_cut)
        assert await database.read(one) == 1


class Fickle:
    """A name that cannot be told at first."""

    def __init__(self) -> None:
        self.asked = 0

    def __str__(self) -> str:
        self.asked += 1
        if self.asked < 3:
            raise ValueError("not yet")
        return "pulse"


async def test_an_error_that_nobody_thought_of_does_not_end_it(cluster: PostgresCluster) -> None:
    lifeline, name = Lifeline(), Fickle()
    with closing(open_postgres(cluster.url(), isolation="READ COMMITTED")) as database:
        parameters = {**connect_parameters(database.writer), "application_name": name}
    lifeline.cut()
    pulse = asyncio.create_task(Pulse(parameters, lifeline, SILENCE).run())
    try:
        await eventually(lambda: not lifeline.is_cut)
        assert name.asked >= 3
    finally:
        pulse.cancel()
        await ended([pulse])


async def test_a_long_question_is_no_silence(cluster: PostgresCluster) -> None:
    async with watched(cluster) as (database, lifeline):
        await database.read(lambda connection: connection.execute(text("SELECT pg_sleep(0.6)")))
        assert not lifeline.is_cut


async def test_a_house_closes_while_it_hangs(cluster: PostgresCluster) -> None:
    with cluster.hanging():
        async with asyncio.timeout(30), watched_in_a_hang(cluster) as database:
            with pytest.raises(DatabaseAway):
                await database.read(one)


@asynccontextmanager
async def watched_in_a_hang(cluster: PostgresCluster) -> AsyncIterator[Database]:
    """As ``watched``, opened a moment before it hung."""
    cluster.signal(signal.SIGCONT)
    async with watched(cluster) as (database, _):
        assert await database.read(one) == 1
        cluster.signal(signal.SIGSTOP)
        yield database


def test_a_beat(cluster: PostgresCluster) -> None:
    with closing(psycopg.connect(cluster.url(), autocommit=True)) as connection:
        assert is_alive(connection.pgconn, 30)
        with cluster.hanging():
            assert not is_alive(connection.pgconn, 0.05)
