"""The embedded queue passes the suite."""

import pytest

from steelyard.jobs.queue import EmbeddedQueue, JobQueue
from steelyard.testing.queue_suite import QueueSuite


class TestEmbeddedQueue(QueueSuite):
    """The queue of one process."""

    @pytest.fixture
    async def queue(self) -> JobQueue:
        """A new queue."""
        return EmbeddedQueue()
