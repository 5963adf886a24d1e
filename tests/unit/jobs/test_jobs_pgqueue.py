"""Dispatch through PostgreSQL: what every queue does, and what several processes need of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from sqlalchemy import Connection, text

from steelyard.db.database import Database
from steelyard.db.listening import NotificationLine, connect_parameters
from steelyard.jobs.pgqueue import PgQueue
from steelyard.testing.clock import eventually
from steelyard.testing.queue_suite import QueueSuite

pytestmark = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
WITHIN = 10.0


@asynccontextmanager
async def open_queue(database: Database, *, listens: bool = True) -> AsyncIterator[PgQueue]:
    """One process's end of the queue."""
    parameters = connect_parameters(database.writer)
    line = NotificationLine(parameters)
    queue = PgQueue(parameters, line)
    listening = asyncio.create_task(line.run() if listens else asyncio.sleep(0))
    try:
        yield queue
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening
        await queue.close()


class TestPgQueue(QueueSuite):
    @pytest.fixture
    async def queue(self, database: Database) -> AsyncIterator[PgQueue]:
        """A queue in an empty database: its tables come with the first use."""
        async with open_queue(database) as queue:
            yield queue


async def test_what_one_process_puts_another_takes(database: Database) -> None:
    async with open_queue(database) as here, open_queue(database) as there:
        taker = asyncio.create_task(there.take())
        await asyncio.sleep(0.05)
        await here.put("a job", 10)
        assert await asyncio.wait_for(taker, WITHIN) == "a job"


async def test_two_processes_never_take_the_same(database: Database) -> None:
    async with open_queue(database) as here, open_queue(database) as there:
        await asyncio.gather(*(here.put(f"job {number}", 10) for number in range(40)))
        queues = [here, there] * 20
        taken = await asyncio.gather(*(asyncio.wait_for(queue.take(), WITHIN) for queue in queues))
    assert sorted(taken) == sorted(f"job {number}" for number in range(40))


async def test_processes_that_start_together_install_it_once(database: Database) -> None:
    async with open_queue(database) as one, open_queue(database) as two, open_queue(database) as three:
        queues = (one, two, three)
        await asyncio.gather(*(queue.put(f"job {number}", 10) for number, queue in enumerate(queues)))
        assert {await asyncio.wait_for(one.take(), WITHIN) for _ in queues} == {"job 0", "job 1", "job 2"}


async def test_a_job_that_waits_for_its_next_try_can_be_wanted_now(database: Database) -> None:
    async with open_queue(database) as queue:
        await queue.put("again", 10, 600.0)
        await queue.put("again", 10)
        assert await asyncio.wait_for(queue.take(), WITHIN) == "again"


async def test_a_busy_process_takes_nothing_ahead(database: Database) -> None:
    async with open_queue(database) as busy, open_queue(database) as idle:
        for number in range(3):
            await busy.put(str(number), 10)
        assert await asyncio.wait_for(busy.take(), WITHIN) == "0"
        assert [await asyncio.wait_for(idle.take(), WITHIN) for _ in range(2)] == ["1", "2"]


async def test_without_a_notification_it_looks_by_itself(database: Database) -> None:
    async with open_queue(database, listens=False) as deaf, open_queue(database) as other:
        taker = asyncio.create_task(deaf.take())
        await asyncio.sleep(0.05)
        await other.put("late", 10)
        assert await asyncio.wait_for(taker, 2 * WITHIN) == "late"


async def test_a_connection_that_breaks_is_replaced_and_fails_nobody(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_queue(database) as queue:
        await queue.put("before", 10)
        await database.write(_cut_all_others)
        await queue.put("lost", 10)  # the sweep puts it in again
        await queue.put("after", 10)
        taken = {await asyncio.wait_for(queue.take(), WITHIN) for _ in range(2)}
    assert taken == {"before", "after"}
    assert "could not offer jobs" in caplog.text


async def test_its_log_does_not_grow(database: Database) -> None:
    async with open_queue(database) as queue:
        await queue.put("a job", 10)
        await asyncio.wait_for(queue.take(), WITHIN)
        assert await database.read(_logged) > 0
        pruning = asyncio.create_task(queue.prune())
        await eventually(lambda: _log_is_empty(database))
        pruning.cancel()
        with suppress(asyncio.CancelledError):
            await pruning


async def _log_is_empty(database: Database) -> bool:
    return await database.read(_logged) == 0


def _logged(connection: Connection) -> int:
    return int(connection.execute(text("SELECT count(*) FROM steelyard_pgqueuer_log")).scalar_one())


def _cut_all_others(connection: Connection) -> None:
    connection.execute(
        text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    )
