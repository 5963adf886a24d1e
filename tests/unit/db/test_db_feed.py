"""The change feed between processes, on a real database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import TypeVar, cast

import pytest
from sqlalchemy import Connection, func, select, text

from steelyard.core.feed import Change, Missed
from steelyard.core.signals import CLOSING_KEY, Signals
from steelyard.db.database import Database
from steelyard.db.errors import DatabaseAway
from steelyard.db.feed import TableFeed
from steelyard.db.listening import NotificationLine, connect_parameters
from steelyard.db.tables import change_feed
from steelyard.testing.clock import HandClock, eventually

pytestmark = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
WITHIN = 10.0
SOON = 0.05
T = TypeVar("T")


class Process:
    """One process's end of the feed."""

    def __init__(self, database: Database, clock: HandClock) -> None:
        self.line = NotificationLine(connect_parameters(database.writer))
        self.feed = TableFeed(database, self.line, clock)
        self.signals = Signals(self.feed)
        self._listening = asyncio.Event()
        self.line.hear("ready", lambda _payload: None, self._ready)

    async def _ready(self) -> None:
        self._listening.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Process"]:
        """Listens and writes."""
        tasks = [asyncio.create_task(self.line.run()), asyncio.create_task(self.feed.run())]
        await asyncio.wait_for(self._listening.wait(), WITHIN)
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


@pytest.fixture
def processes(usage_log: Database, clock: HandClock) -> tuple[Process, Process]:
    """Two that know nothing of each other."""
    return Process(usage_log, clock), Process(usage_log, clock)


async def test_the_other_process_hears_at_once_and_in_order(processes: tuple[Process, Process]) -> None:
    here, there = processes
    async with here.running(), there.running():
        with there.signals.listen("job", "model") as listener, there.signals.follow("job") as follower:
            here.signals.publish("job", "1")
            here.signals.publish("model", "org/näme")
            here.signals.publish("job", "2")
            heard = [await listener.wait(WITHIN) for _ in range(3)]
            assert [(one.topic, one.key) for one in heard if one] == [("job", "1"), ("model", "org/näme"), ("job", "2")]
            first, second = await follower.wait(WITHIN), await follower.wait(WITHIN)
            assert isinstance(first, Change)
            assert isinstance(second, Change)
            assert first.position < second.position == await there.feed.newest()


async def test_one_hears_its_own_signals_once(processes: tuple[Process, Process]) -> None:
    here, _ = processes
    async with here.running():
        with here.signals.listen("job") as listener, here.signals.follow("job") as follower:
            here.signals.publish("job", "1")
            assert await listener.wait(WITHIN) is not None
            assert isinstance(await follower.wait(WITHIN), Change)
            assert await listener.wait(SOON) is None


async def test_equal_changes_that_wait_together_become_one(processes: tuple[Process, Process]) -> None:
    here, there = processes
    for number in range(3000):
        here.signals.publish("job", str(number % 3))
    async with here.running():
        await eventually(_has(here, 3))
    missed = await there.feed.since(0)
    assert missed is not None
    assert [change.key for change in missed] == ["0", "1", "2"]


async def test_what_was_missed_while_the_line_was_down_is_read_from_the_table(
    processes: tuple[Process, Process], usage_log: Database
) -> None:
    here, there = processes
    async with here.running(), there.running():
        with there.signals.listen("job") as listener:
            await usage_log.write(lambda connection: connection.execute(_CUT))
            for number in range(3):
                here.signals.publish("job", str(number))
            heard = [await listener.wait(WITHIN) for _ in range(3)]
            assert [one.key for one in heard if one] == ["0", "1", "2"]
            here.signals.publish("job", "after")
            last = await listener.wait(WITHIN)
            assert last is not None
            assert last.key == "after"


async def test_whoever_missed_too_much_reads_everything_anew(
    processes: tuple[Process, Process], usage_log: Database
) -> None:
    here, there = processes
    async with here.running(), there.running():
        here.signals.publish("job", "1")
        await eventually(_has(here, 1))
        with there.signals.listen("job") as listener, there.signals.follow("job") as follower:
            await usage_log.write(_forget_and_cut)
            heard = await listener.wait(WITHIN)
            assert heard is not None
            assert heard.key in {CLOSING_KEY, "1"}
            if heard.key == "1":  # it came just before the line was cut
                heard = await listener.wait(WITHIN)
            assert heard is not None
            assert heard.key == CLOSING_KEY
            missed = await follower.wait(WITHIN)
            assert Missed() in {missed, await follower.wait(SOON) if missed != Missed() else missed}


async def test_old_changes_are_forgotten_but_for_the_newest(
    processes: tuple[Process, Process], clock: HandClock, usage_log: Database
) -> None:
    here, there = processes
    async with here.running():
        for number in range(3):
            here.signals.publish("job", str(number))
        await eventually(_has(here, 3))
        newest = await here.feed.newest()
    clock.forward(seconds=timedelta(hours=2).total_seconds())
    async with there.running():
        await eventually(lambda: _count_is(usage_log, 1))
    assert await there.feed.since(newest) == []
    assert await there.feed.since(newest - 2) is None
    assert await there.feed.since(newest + 1) is None


async def test_a_database_that_is_away_fails_nobody(
    processes: tuple[Process, Process], usage_log: Database, caplog: pytest.LogCaptureFixture
) -> None:
    here, _ = processes
    async with here.running():
        await usage_log.write(lambda connection: connection.execute(text("ALTER TABLE change_feed RENAME TO gone")))
        here.signals.publish("job", "lost")
        await eventually(lambda: "1 changes were not passed on" in caplog.text)
        await usage_log.write(lambda connection: connection.execute(text("ALTER TABLE gone RENAME TO change_feed")))
        with here.signals.follow("job") as follower:
            here.signals.publish("job", "found")
            heard = await follower.wait(WITHIN)
            assert isinstance(heard, Change)
            assert heard.key == "found"


async def test_what_a_database_that_is_away_did_not_take_is_passed_on_once_it_is_back(
    usage_log: Database, clock: HandClock
) -> None:
    flaky = _AwayAtFirst(usage_log)
    here, there = Process(cast("Database", flaky), clock), Process(usage_log, clock)
    async with here.running(), there.running():
        with there.signals.listen("job") as listener:
            flaky.away = 1
            for key in ("1", "2"):
                here.signals.publish("job", key)
            heard = [await listener.wait(WITHIN) for _ in range(2)]
            assert [one.key for one in heard if one] == ["1", "2"]
            assert flaky.away == 0


class _AwayAtFirst:
    """A database that is away for so many writes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.writer = database.writer
        self.read = database.read
        self.away = 0

    async def write(self, work: Callable[[Connection], T]) -> T:
        """As Database does."""
        if self.away:
            self.away -= 1
            raise DatabaseAway("away", hint="wait")
        return await self._database.write(work)


_CUT = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND query LIKE 'LISTEN%' AND pid <> pg_backend_pid()"
)


def _forget_and_cut(connection: Connection) -> None:
    """An hour's worth of changes comes and goes, and nobody is told."""
    connection.execute(_CUT)
    connection.execute(text("SELECT setval(pg_get_serial_sequence('change_feed', 'position'), 1000)"))
    connection.execute(text("DELETE FROM change_feed"))
    connection.execute(text("INSERT INTO change_feed (topic, key, at) VALUES ('job', 'later', now())"))


def _has(process: Process, count: int) -> Callable[[], Awaitable[bool]]:
    async def enough() -> bool:
        return len(await process.feed.since(0) or ()) >= count

    return enough


async def _count_is(database: Database, wanted: int) -> bool:
    count = select(func.count()).select_from(change_feed)
    return bool(await database.read(lambda connection: connection.execute(count).scalar_one()) == wanted)
