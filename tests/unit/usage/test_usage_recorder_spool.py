"""The recorder and its spool: nobody waits for a slow database, and nothing is written twice."""

import asyncio
import errno
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeVar, cast

import pytest
from sqlalchemy import Connection, insert, select, union_all

from steelyard.db.database import Database
from steelyard.db.errors import DatabaseAway
from steelyard.db.lock import DatabaseInUse
from steelyard.testing.clock import HandClock, eventually
from steelyard.usage.events import Event
from steelyard.usage.recorder import Recorder
from steelyard.usage.spool import Page, SpoolFull, Ticket
from steelyard.usage.spool_files import FileSpool
from steelyard.usage.tables import events, hot
from steelyard.usage.writing import Kept

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
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


class Yard:
    """A recorder whose database can be held up, before a commit or behind it, or be away."""

    kind = "any"

    def __init__(self, database: Database, clock: HandClock, folder: Path, spool: FileSpool | None = None) -> None:
        self._database = database
        self.spool = spool or FileSpool(folder, clock)
        self.recorder = Recorder(cast("Database", self), clock, self.spool, pause=0.01)
        self.before, self.behind = asyncio.Event(), asyncio.Event()
        self.go_on()
        self.is_away = self.loses_replies = False
        self.tries = 0
        self.last: Callable[[Connection], object] | None = None

    def go_on(self) -> None:
        """Hold nothing up."""
        self.before.set()
        self.behind.set()

    async def write(self, work: Callable[[Connection], T]) -> T:
        """As Database does."""
        self.tries += 1
        self.last = work
        await self.before.wait()
        if self.is_away:
            raise DatabaseAway("away", hint="wait")
        answer = await self._database.write(work)
        await self.behind.wait()
        if self.loses_replies:
            raise DatabaseAway("the reply was lost", hint="wait")
        return answer

    async def numbers(self) -> list[int]:
        """The events that the log has, by their number."""

        def read(connection: Connection) -> list[int]:
            both = union_all(select(hot.c.bytes_out), select(events.c.bytes_out))
            return sorted(connection.execute(both).scalars())

        return await self._database.read(read)


@pytest.fixture
async def yard(usage_log: Database, clock: HandClock, tmp_path: Path) -> Yard:
    """A recorder that is not running yet."""
    return Yard(usage_log, clock, tmp_path / "spool")


def numbered(number: int) -> Event:
    """An event that can be told from others."""
    return Event(type="model_access", at=NOON, model="acme/anvil", bytes_out=number)


async def test_a_slow_commit_holds_nobody_up_and_is_not_written_again(yard: Yard) -> None:
    yard.behind.clear()
    async with running(yard.recorder):
        await yard.recorder.record(numbered(1))
        assert yard.recorder.spooled == 1
        await asyncio.gather(*(yard.recorder.record(numbered(number)) for number in range(2, 1500)))
        assert (yard.recorder.spooled, yard.tries) == (1499, 1)
        yard.go_on()
        assert await yard.recorder.settled(10)
    assert await yard.numbers() == list(range(1, 1500))
    assert yard.recorder.dropped == 0


async def test_what_waits_for_a_commit_that_then_fails_is_written_later(yard: Yard) -> None:
    yard.before.clear()
    async with running(yard.recorder):
        await yard.recorder.record(numbered(1))
        yard.is_away = True
        yard.go_on()
        await eventually(lambda: yard.tries > 3)
        await yard.recorder.record(numbered(2))
        assert yard.recorder.spooled == 2
        yard.is_away = False
        await eventually(lambda: yard.recorder.spooled == 0)
    assert await yard.numbers() == [1, 2]


async def test_a_commit_whose_reply_was_lost_is_not_repeated(yard: Yard) -> None:
    yard.loses_replies = True
    async with running(yard.recorder):
        await asyncio.gather(*(yard.recorder.record(numbered(number)) for number in range(20)))
        assert yard.recorder.spooled == 20
        yard.loses_replies = False
        await eventually(lambda: yard.recorder.spooled == 0)
    assert await yard.numbers() == list(range(20))


async def test_events_that_were_folded_meanwhile_are_not_written_again(yard: Yard, usage_log: Database) -> None:
    yard.behind.clear()
    async with running(yard.recorder):
        await yard.recorder.record(numbered(1))
        await eventually(lambda: _is_there(yard))
        await usage_log.write(_fold)
        yard.loses_replies = True
        yard.go_on()
        await asyncio.sleep(0.05)
        yard.loses_replies = False
        await eventually(lambda: yard.recorder.spooled == 0)
    assert await yard.numbers() == [1]


async def test_a_page_that_breaks_off_goes_on_without_doubles(yard: Yard) -> None:
    yard.is_away = True
    async with running(yard.recorder):
        await asyncio.gather(*(yard.recorder.record(numbered(number)) for number in range(1200)))
        yard.is_away, yard.behind = False, _Closing(yard, behind=1)
        await eventually(lambda: yard.recorder.spooled == 0)
    assert await yard.numbers() == list(range(1200))


async def test_what_the_spool_keeps_over_a_stop_is_written_by_the_next_process(
    usage_log: Database, clock: HandClock, tmp_path: Path
) -> None:
    one = Yard(usage_log, clock, tmp_path)
    one.is_away = True
    async with running(one.recorder):
        await asyncio.gather(*(one.recorder.record(numbered(number)) for number in range(1200)))
    assert (one.recorder.dropped, await one.numbers()) == (0, [])
    other = Yard(usage_log, clock, tmp_path)
    async with running(other.recorder):
        assert await other.recorder.settled(10)
    assert await other.numbers() == list(range(1200))
    assert not list(tmp_path.glob("**/*.events"))


async def test_a_spool_that_takes_nothing_makes_callers_wait_for_the_commit(
    usage_log: Database, clock: HandClock, tmp_path: Path
) -> None:
    yard = Yard(usage_log, clock, tmp_path, _Full(tmp_path, clock))
    yard.before.clear()
    async with running(yard.recorder):
        done = yard.recorder.submit(numbered(1))
        await eventually(lambda: yard.tries == 1)
        await asyncio.sleep(0.06)
        others = [yard.recorder.submit(numbered(number)) for number in range(2, 1500)]
        await asyncio.sleep(0.02)
        assert not done.done()
        yard.go_on()
        assert await done
        assert all(await asyncio.gather(*others))
    assert yard.recorder.dropped == 0


async def test_without_database_and_spool_events_are_dropped_and_counted(
    usage_log: Database, clock: HandClock, tmp_path: Path
) -> None:
    yard = Yard(usage_log, clock, tmp_path, _Full(tmp_path, clock))
    yard.is_away = True
    async with running(yard.recorder):
        assert not await yard.recorder.submit(numbered(1))
        assert not await yard.recorder.submit(numbered(2))
    assert yard.recorder.dropped == 2


async def test_the_lag_counts_from_the_oldest_in_the_spool(yard: Yard, clock: HandClock) -> None:
    yard.is_away = True
    async with running(yard.recorder):
        await yard.recorder.record(numbered(1))
        clock.forward(seconds=7)
        await yard.recorder.record(numbered(2))
        assert yard.recorder.lag_seconds == 7.0
        yard.is_away = False
        await eventually(lambda: yard.recorder.lag_seconds == 0.0)


async def test_a_commit_that_hangs_does_not_hold_up_a_stop(
    usage_log: Database, clock: HandClock, tmp_path: Path
) -> None:
    one = Yard(usage_log, clock, tmp_path)
    one.recorder = Recorder(cast("Database", one), clock, one.spool, stop_within=0.05)
    one.before.clear()
    async with running(one.recorder):
        await asyncio.gather(*(one.recorder.record(numbered(number)) for number in range(3)))
    other = Yard(usage_log, clock, tmp_path)
    async with running(other.recorder):
        assert await other.recorder.settled(10)
    one.go_on()  # too late
    await asyncio.sleep(0.05)
    assert await other.numbers() == [0, 1, 2]


async def test_a_transaction_that_nobody_waits_for_any_more_writes_nothing(
    usage_log: Database, clock: HandClock, tmp_path: Path
) -> None:
    yard = Yard(usage_log, clock, tmp_path)
    yard.is_away = True
    async with running(yard.recorder):
        await yard.recorder.record(numbered(1))
        given_up = yard.last
        assert given_up is not None
        with pytest.raises(OSError, match="nobody waits"):
            await usage_log.write(given_up)
        yard.is_away = False
        await eventually(lambda: yard.recorder.spooled == 0)
    assert await yard.numbers() == [1]


async def test_who_reads_waits_for_what_is_in_the_spool(yard: Yard, usage_log: Database) -> None:
    usage_log.before_read(yard.recorder.settled)
    yard.before.clear()
    async with running(yard.recorder):
        await yard.recorder.record(numbered(1))
        reading = asyncio.create_task(yard.numbers())
        await asyncio.sleep(0.02)
        yard.go_on()
        assert await reading == [1]


async def test_many_at_once_are_all_safe(yard: Yard) -> None:
    async with running(yard.recorder):
        assert all(await asyncio.gather(*(yard.recorder.submit(numbered(number)) for number in range(2500))))
        await yard.recorder.settled(10)
    assert await yard.numbers() == list(range(2500))


async def test_what_comes_while_a_stop_waits_for_a_hanging_commit_is_safe(yard: Yard, tmp_path: Path) -> None:
    yard.recorder = Recorder(cast("Database", yard), HandClock(), yard.spool, stop_within=0.2)
    yard.before.clear()
    task = asyncio.create_task(yard.recorder.run())
    await yard.recorder.record(numbered(1))
    task.cancel()
    await asyncio.sleep(0.02)
    async with asyncio.timeout(1):
        assert await yard.recorder.submit(numbered(2))
        assert await yard.recorder.submit(numbered(3))
    with suppress(asyncio.CancelledError):
        await task
    assert FileSpool(tmp_path / "spool", HandClock()).count == 3


async def test_what_no_spool_takes_at_the_end_is_told_and_counted(
    usage_log: Database, clock: HandClock, tmp_path: Path
) -> None:
    yard = Yard(usage_log, clock, tmp_path, _Full(tmp_path, clock))
    yard.recorder = Recorder(cast("Database", yard), clock, yard.spool, patience=0.01, stop_within=-0.9)
    yard.before.clear()
    async with running(yard.recorder):
        first = yard.recorder.submit(numbered(1))
        await asyncio.sleep(0.05)
        second = yard.recorder.submit(numbered(2))
    assert (first.result(), second.result(), yard.recorder.dropped) == (False, False, 2)
    assert not await yard.recorder.submit(numbered(3))
    assert (yard.recorder.dropped, yard.recorder.lag_seconds) == (3, 0.0)


async def test_a_file_that_cannot_be_read_for_a_moment_is_written_later(
    usage_log: Database, clock: HandClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    yard = Yard(usage_log, clock, tmp_path, spool := _OutOfFiles(tmp_path, clock))
    yard.is_away = True
    async with running(yard.recorder):
        await yard.recorder.record(numbered(1))
        await eventually(lambda: spool.refusals == 0)
        yard.is_away = False
        await eventually(lambda: yard.recorder.spooled == 0)
    assert (await yard.numbers(), yard.recorder.dropped) == ([1], 0)
    assert "cannot be read now" in caplog.text


async def test_events_that_no_spool_can_write_down_are_counted(yard: Yard) -> None:
    yard.is_away = True
    async with running(yard.recorder):
        bad = Event(type="model_access", at=NOON, bytes_out=1 << 70)
        await asyncio.gather(*(yard.recorder.record(each) for each in (numbered(1), bad)))
        await yard.recorder.record(bad)
        await eventually(lambda: (yard.recorder.spooled, yard.recorder.dropped) == (1, 2))


@pytest.mark.parametrize("error", [DatabaseInUse("somebody has it"), NotImplementedError("no locks")])
async def test_a_spool_that_cannot_be_locked_stops_nobody(
    error: Exception, usage_log: Database, clock: HandClock, tmp_path: Path
) -> None:
    yard = Yard(usage_log, clock, tmp_path, _Full(tmp_path, clock, error))
    yard.is_away = True
    async with running(yard.recorder):
        assert not await yard.recorder.submit(numbered(1))
        yard.is_away = False
        assert await yard.recorder.submit(numbered(2))
    assert yard.recorder.dropped == 1


async def test_events_of_a_recorder_that_breaks_are_counted(
    usage_log: Database, clock: HandClock, tmp_path: Path
) -> None:
    yard = Yard(usage_log, clock, tmp_path, _Full(tmp_path, clock, LookupError("a bug")))
    yard.is_away = True
    done = yard.recorder.submit(numbered(1))
    with pytest.raises(LookupError):
        await yard.recorder.run()
    assert (done.result(), yard.recorder.dropped, yard.recorder.lag_seconds) == (False, 1, 0.0)


async def test_parameters_that_nobody_could_read_again_are_not_written(yard: Yard) -> None:
    deep: list[object] = []
    for _ in range(250):
        deep = [deep]
    async with running(yard.recorder):
        await yard.recorder.record(replace(numbered(1), parameters={"a": deep}))
        await yard.recorder.record(replace(numbered(2), parameters={"a": [[1]]}))
    assert (await yard.numbers(), yard.recorder.dropped) == ([2], 1)


class _Closing(asyncio.Event):
    """A gate behind commits that finds the database away after so many of them, once."""

    def __init__(self, yard: Yard, behind: int) -> None:
        super().__init__()
        self._yard, self._left = yard, behind

    async def wait(self) -> Literal[True]:
        """Pass, and lose one reply."""
        self._yard.loses_replies = self._left == 0
        self._left -= 1
        return True


class _Full(FileSpool):
    """A disk without room, or with another fault."""

    def __init__(self, folder: Path, clock: HandClock, error: Exception | None = None) -> None:
        super().__init__(folder, clock)
        self._error = error or SpoolFull("no room")

    def put(self, batch: Sequence[Kept], since: float) -> Ticket:
        """Raises what it was told to."""
        raise self._error


class _OutOfFiles(FileSpool):
    """Two times there is no descriptor to read with."""

    refusals = 2

    def first(self) -> Page | None:
        """Raises OSError, twice."""
        if self.refusals:
            self.refusals -= 1
            raise OSError(errno.EMFILE, "too many open files")
        return super().first()


async def _is_there(yard: Yard) -> bool:
    return bool(await yard.numbers())


def _fold(connection: Connection) -> None:
    connection.execute(insert(events).from_select(list(hot.c), select(hot)))
    connection.execute(hot.delete())
