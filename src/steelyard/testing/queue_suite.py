"""What every ``JobQueue`` must do. Subclass it in a test module and hand in the queue::

    class TestMyQueue(QueueSuite):
        @pytest.fixture
        async def queue(self) -> JobQueue:
            return MyQueue()

Needs pytest with pytest-asyncio in auto mode.
"""

import asyncio
from collections import Counter

import pytest

from steelyard.jobs.queue import JobQueue

_WITHIN = 10.0  # seconds that anything may take before the test gives up


class QueueSuite:
    """Order, waiting, delays, and at least once."""

    @pytest.fixture
    async def queue(self) -> JobQueue:
        """The queue under test, empty; give one in the subclass."""
        raise NotImplementedError("give the suite a 'queue' fixture in your subclass")

    async def test_equal_jobs_come_in_the_order_they_were_put(self, queue: JobQueue) -> None:
        """Nobody overtakes."""
        for job_id in ("first", "second", "third"):
            await queue.put(job_id, 10)
        assert await self.take(queue, 3) == ["first", "second", "third"]

    async def test_the_higher_priority_goes_first(self, queue: JobQueue) -> None:
        """Also when it came later."""
        await queue.put("low", 0)
        await queue.put("medium", 10)
        await queue.put("high", 20)
        await queue.put("medium too", 10)
        assert await self.take(queue, 4) == ["high", "medium", "medium too", "low"]

    async def test_take_waits_for_a_job(self, queue: JobQueue) -> None:
        """An empty queue is no error."""
        taker = asyncio.create_task(queue.take())
        await asyncio.sleep(0.02)
        assert not taker.done()
        await queue.put("late", 10)
        assert await asyncio.wait_for(taker, _WITHIN) == "late"

    async def test_a_job_that_waits_is_not_taken_twice(self, queue: JobQueue) -> None:
        """Putting it again changes nothing, its place neither."""
        await queue.put("one", 10)
        await queue.put("two", 10)
        await queue.put("one", 10)
        await queue.put("end", 0)
        assert await self.take(queue, 3) == ["one", "two", "end"]

    async def test_a_taken_job_can_be_put_again(self, queue: JobQueue) -> None:
        """The sweep does that with jobs whose worker died."""
        await queue.put("again", 10)
        assert await self.take(queue, 1) == ["again"]
        await queue.put("again", 10)
        assert await self.take(queue, 1) == ["again"]

    async def test_a_delayed_job_comes_after_one_that_may_go_now(self, queue: JobQueue) -> None:
        """A delay outweighs priority, and ends."""
        await queue.put("delayed", 20, 0.05)
        await queue.put("now", 0)
        assert await self.take(queue, 2) == ["now", "delayed"]

    async def test_many_takers_get_every_job_once(self, queue: JobQueue) -> None:
        """No job is lost and none is handed out twice, whoever asks first."""
        wanted = [f"job {number}" for number in range(200)]
        takers = [asyncio.create_task(queue.take()) for _ in wanted]
        for number, job_id in enumerate(wanted):
            await queue.put(job_id, number % 3)
            if number % 7 == 0:
                await asyncio.sleep(0)
        taken = await asyncio.wait_for(asyncio.gather(*takers), _WITHIN)
        assert Counter(taken) == Counter(wanted)

    async def test_a_taker_that_gives_up_takes_nothing_with_it(self, queue: JobQueue) -> None:
        """A worker that stops while it waits must not swallow the next job."""
        impatient = asyncio.create_task(queue.take())
        await asyncio.sleep(0.02)
        impatient.cancel()
        await asyncio.wait({impatient})
        await queue.put("kept", 10)
        assert await self.take(queue, 1) == ["kept"]

    @staticmethod
    async def take(queue: JobQueue, count: int) -> list[str]:
        """The next so many jobs, one after the other."""
        return [await asyncio.wait_for(queue.take(), _WITHIN) for _ in range(count)]
