"""The seam that says which job to look at next. QueueSuite holds every implementation to it."""

import asyncio
import heapq
from itertools import count
from typing import Protocol


class JobQueue(Protocol):
    """Hands job ids to workers, at least once.

    It may lose an id (the sweep puts it in again) and may deliver one twice (the second claim fails). It must hand out
    higher priorities first, and equal ones in the order they came.
    """

    async def put(self, job_id: str, priority: int, delay: float = 0.0) -> None:
        """Offer a job, after ``delay`` seconds. Offering one that waits already changes nothing."""

    async def take(self) -> str:
        """The next job id; waits for one."""


class EmbeddedQueue:
    """The queue of one process: a heap and an event. The table holds the truth, so nothing here needs to survive."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, str]] = []
        self._waiting: set[str] = set()
        self._order = count()
        self._filled = asyncio.Event()

    async def put(self, job_id: str, priority: int, delay: float = 0.0) -> None:
        """Offer a job now or later."""
        if delay > 0:
            asyncio.get_running_loop().call_later(delay, self._push, job_id, priority)
        else:
            self._push(job_id, priority)

    async def take(self) -> str:
        """The most urgent job; waits for one."""
        while not self._heap:
            self._filled.clear()
            await self._filled.wait()
        _, _, job_id = heapq.heappop(self._heap)
        self._waiting.discard(job_id)
        return job_id

    def _push(self, job_id: str, priority: int) -> None:
        if job_id not in self._waiting:
            self._waiting.add(job_id)
            heapq.heappush(self._heap, (-priority, next(self._order), job_id))
            self._filled.set()
