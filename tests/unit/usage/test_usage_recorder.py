"""The recorder: on disk when it says so, counted once, and never in anybody's way."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import pytest
from sqlalchemy import Connection, event, func, select
from sqlalchemy.exc import OperationalError

from steelyard.db.database import Database
from steelyard.db.errors import DatabaseAway
from steelyard.db.sqlite import driver
from steelyard.testing.clock import HandClock, eventually
from steelyard.usage.events import Event
from steelyard.usage.recorder import Recorder
from steelyard.usage.tables import hot, words
from tests.databases import ask_from_outside

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ACCESS = Event(type="model_access", at=NOON, model="acme/anvil")
T = TypeVar("T")


@asynccontextmanager
async def running(recorder: Recorder) -> AsyncIterator[None]:
    """The recorder at work; on the way out it is stopped as a server stops it."""
    task = asyncio.create_task(recorder.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def recorder(usage_log: Database, clock: HandClock) -> Recorder:
    """A recorder that is not running yet."""
    return Recorder(usage_log, clock, pause=0.01)


async def test_a_second_connection_sees_the_event_when_record_returns(recorder: Recorder, usage_log: Database) -> None:
    async with running(recorder):
        for number in range(1, 4):
            await recorder.record(ACCESS)
            assert ask_from_outside(usage_log, select(func.count()).select_from(hot)) == number


async def test_what_comes_together_is_written_together(usage_log: Database, clock: HandClock) -> None:
    database = _Absent(usage_log)
    database.away = False
    recorder = Recorder(cast("Database", database), clock)
    waiting = [recorder.submit(ACCESS) for _ in range(4500)]
    async with running(recorder):
        await asyncio.gather(*waiting)
    assert await usage_log.read(_rows) == 4500
    assert database.tries == 5


async def test_ids_rise_in_the_order_of_arrival(recorder: Recorder, usage_log: Database) -> None:
    async with running(recorder):
        await asyncio.gather(*(recorder.record(_numbered(number)) for number in range(500)))

    def numbers(connection: Connection) -> list[int]:
        return list(connection.execute(select(hot.c.bytes_out).order_by(hot.c.id)).scalars())

    assert await usage_log.read(numbers) == list(range(500))


async def test_words_are_written_once(recorder: Recorder, usage_log: Database) -> None:
    async with running(recorder):
        for _ in range(3):
            await recorder.record(Event(type="model_access", at=NOON, model="acme/anvil", address="::1", agent="curl"))
    async with running(second := Recorder(usage_log, HandClock())):
        await second.record(ACCESS)

    def spelled(connection: Connection) -> list[str]:
        return sorted(connection.execute(select(words.c.text)).scalars())

    assert await usage_log.read(spelled) == ["::1", "acme/anvil", "curl", "model_access"]


async def test_what_a_broken_database_does_not_take_is_written_once_it_is_mended(
    recorder: Recorder, usage_log: Database
) -> None:
    await usage_log.write(lambda connection: connection.exec_driver_sql("ALTER TABLE usage_hot RENAME TO away"))
    async with running(recorder):
        await recorder.record(ACCESS)
        assert (recorder.spooled, recorder.dropped) == (1, 0)
        await usage_log.write(lambda connection: connection.exec_driver_sql("ALTER TABLE away RENAME TO usage_hot"))
        await recorder.record(ACCESS)
        await eventually(lambda: recorder.spooled == 0)
    assert recorder.dropped == 0
    assert await usage_log.read(_rows) == 2


async def test_an_event_that_no_column_takes_is_dropped_and_counted(recorder: Recorder, usage_log: Database) -> None:
    bad = Event(type="model_access", at=NOON, tokens_in=1 << 70)
    waiting = [recorder.submit(each) for each in (ACCESS, ACCESS, bad, ACCESS, ACCESS)]
    async with running(recorder):
        await asyncio.gather(*waiting)
    assert (recorder.dropped, recorder.written) == (1, 4)
    assert await usage_log.read(_rows) == 4


async def test_an_event_above_a_limit_of_the_server_is_dropped_and_counted(
    recorder: Recorder, usage_log: Database
) -> None:
    event.listen(usage_log.writer, "before_cursor_execute", _above_a_limit)
    bad = Event(type="too_much", at=NOON)
    waiting = [recorder.submit(each) for each in (ACCESS, bad, ACCESS)]
    async with running(recorder):
        await asyncio.gather(*waiting)
    assert (recorder.dropped, recorder.written) == (1, 2)


async def test_a_passing_failure_loses_nothing(recorder: Recorder, usage_log: Database) -> None:
    fails = _FailOnce()
    event.listen(usage_log.writer, "before_cursor_execute", fails)
    async with running(recorder):
        await recorder.record(ACCESS)
    assert fails.happened
    assert recorder.dropped == 0
    assert await usage_log.read(_rows) == 1


async def test_stopping_writes_what_waits(recorder: Recorder, usage_log: Database) -> None:
    async with running(recorder):
        await asyncio.sleep(0)
        waiting = [recorder.submit(ACCESS) for _ in range(2500)]
    assert all(future.done() for future in waiting)
    assert await usage_log.read(_rows) == 2500


async def test_stopping_in_the_middle_of_a_commit_counts_nothing_twice(recorder: Recorder, usage_log: Database) -> None:
    gate = _Gate()
    event.listen(usage_log.writer, "commit", gate)
    task = asyncio.create_task(recorder.run())
    done = recorder.submit(ACCESS)
    await eventually(gate.reached.is_set)
    task.cancel()
    await asyncio.sleep(0.01)
    gate.opened.set()
    with suppress(asyncio.CancelledError):
        await task
    assert done.done()
    assert await usage_log.read(_rows) == 1
    assert await usage_log.read(_rows) == 1


async def test_a_caller_that_leaves_takes_no_event_with_it(recorder: Recorder, usage_log: Database) -> None:
    leaving = asyncio.create_task(recorder.record(ACCESS))
    await asyncio.sleep(0)
    leaving.cancel()
    async with running(recorder):
        await recorder.record(ACCESS)
    assert await usage_log.read(_rows) == 2


async def test_too_many_waiting_events_are_dropped_and_counted(recorder: Recorder) -> None:
    futures = [recorder.submit(ACCESS) for _ in range(50_003)]
    assert recorder.dropped == 3
    assert all(future.done() for future in futures[-3:])
    assert not futures[0].done()


async def test_the_lag_is_the_age_of_the_oldest_event(recorder: Recorder, clock: HandClock) -> None:
    assert recorder.lag_seconds == 0.0
    recorder.submit(ACCESS)
    clock.forward(seconds=3)
    recorder.submit(ACCESS)
    assert recorder.lag_seconds == 3.0
    async with running(recorder):
        await recorder.record(ACCESS)
    assert recorder.lag_seconds == 0.0


async def test_a_broken_database_is_not_asked_again_for_every_event(recorder: Recorder, usage_log: Database) -> None:
    broken = _Broken()
    event.listen(usage_log.writer, "before_cursor_execute", broken)
    async with running(recorder):
        await asyncio.gather(*(recorder.record(ACCESS) for _ in range(32)))
        assert recorder.spooled == 32
    assert broken.count < 32


async def test_while_the_database_is_away_events_are_kept_and_nobody_waits(
    usage_log: Database, clock: HandClock
) -> None:
    database = _Absent(usage_log)
    recorder = Recorder(cast("Database", database), clock, pause=0.01)
    async with running(recorder):
        await asyncio.gather(*(recorder.record(_numbered(number)) for number in range(2500)))
        clock.forward(seconds=7)
        await recorder.record(_numbered(2500))
        assert (recorder.lag_seconds, recorder.dropped) == (7.0, 0)
        tries = database.tries
        await eventually(lambda: database.tries > tries + 2)
        database.away = False
        await eventually(lambda: recorder.lag_seconds == 0.0)
        await recorder.record(_numbered(2501))
        assert await usage_log.read(_rows) == 2502
    assert recorder.dropped == 0
    assert await usage_log.read(_rows) == 2502


async def test_what_was_written_before_the_database_went_away_is_not_written_again(
    usage_log: Database, clock: HandClock
) -> None:
    database = _Absent(usage_log, refuses={1, 3, 4, 5})  # a group for a value in it; then, for a round, its second half
    recorder = Recorder(cast("Database", database), clock, pause=0.01)
    database.away = False
    waiting = [recorder.submit(_numbered(number)) for number in range(8)]
    async with running(recorder):
        await asyncio.gather(*waiting)
        await eventually(lambda: recorder.spooled == 0)
    assert recorder.dropped == 0
    assert await usage_log.read(_rows) == 8


async def test_stopping_ends_when_the_database_is_away_and_counts_what_is_lost(
    usage_log: Database, clock: HandClock
) -> None:
    recorder = Recorder(cast("Database", _Absent(usage_log)), clock, pause=1000)
    waiting = [recorder.submit(ACCESS) for _ in range(2500)]
    async with running(recorder):
        await asyncio.gather(*waiting)
        assert recorder.dropped == 0
    assert recorder.dropped == 2500
    assert recorder.lag_seconds == 0.0


async def test_too_many_events_for_a_database_that_is_away_are_dropped_and_counted(
    usage_log: Database, clock: HandClock
) -> None:
    recorder = Recorder(cast("Database", _Absent(usage_log)), clock, pause=1000)
    async with running(recorder):
        await recorder.record(ACCESS)
        kept = await asyncio.gather(*(recorder.submit(ACCESS) for _ in range(50_000)))
        assert kept.count(False) == recorder.dropped == 1000


class _Absent:
    """A database that is away until it is told otherwise; of those that it was to ``refuses``, the first write has a
    value that it does not take and the others find it away."""

    kind = "any"

    def __init__(self, database: Database, refuses: set[int] | None = None) -> None:
        self._database = database
        self._refuses = refuses or set()
        self.away = True
        self.tries = 0

    async def write(self, work: Callable[[Connection], T]) -> T:
        """As Database does."""
        self.tries += 1
        if self.tries == 1 and self._refuses:
            raise ValueError("a value that no column takes")
        if self.away or self.tries in self._refuses:
            raise DatabaseAway("away", hint="wait")
        return await self._database.write(work)


class _Broken:
    """A database file that is no database any more."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, *_: Any) -> None:
        self.count += 1
        raise driver().DatabaseError("database disk image is malformed")


class _AboveLimit(RuntimeError):
    sqlstate = "54000"


def _above_a_limit(_c: object, _k: object, statement: str, parameters: object, *_more: object) -> None:
    if "too_much" in str(parameters):
        raise OperationalError(statement, {}, _AboveLimit("index row size 8016 exceeds the maximum"))


class _FailOnce:
    """Fails the first statement."""

    happened = False

    def __call__(self, *_: Any) -> None:
        if not self.happened:
            self.happened = True
            raise OSError("the disk hiccupped")


class _Gate:
    """Holds the writer's thread just before its first commit."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()

    def __call__(self, *_: Any) -> None:
        self.reached.set()
        self.opened.wait(10)


def _numbered(number: int) -> Event:
    return Event(type="model_access", at=NOON, model="acme/anvil", bytes_out=number)


def _rows(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(hot)).scalar_one()
