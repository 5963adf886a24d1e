"""A jobs room for tests: its parts wired together, and a kind of job that does what the test says."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from sqlalchemy import Connection

from steelyard.core.signals import Signals
from steelyard.db.database import Database
from steelyard.jobs import store
from steelyard.jobs.context import JobContext
from steelyard.jobs.models import Job, JobStatus, NewJob, Priority
from steelyard.jobs.queue import EmbeddedQueue, JobQueue
from steelyard.jobs.service import JobService
from steelyard.jobs.settings import JobSettings
from steelyard.jobs.worker import Worker
from steelyard.testing.clock import HandClock, eventually

KIND = "scripted"
Body = Callable[[JobContext], Awaitable[None]]
# Beats and sweeps come when a test asks for them; by themselves only after it would have given up.
BY_HAND = JobSettings(concurrency=2, beat_seconds=30, sweep_seconds=300, backoff_seconds=5, max_tries=3)


class ScriptedKind:
    """A ``JobKind`` whose body is a function. It notes what was asked of it, in order."""

    def __init__(self) -> None:
        self.body: Body = succeed
        self.resumable = False
        self.started: list[str] = []
        self.settled: list[tuple[str, JobStatus]] = []
        self.ended: list[tuple[str, JobStatus]] = []
        self.most_at_once = 0
        self._at_once = 0

    async def run(self, context: JobContext) -> None:
        """Do what the test says."""
        self.started.append(context.job.id)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            await self.body(context)
        finally:
            self._at_once -= 1

    def settle(self, _connection: Connection, job: Job) -> None:
        """Note the state."""
        self.settled.append((job.id, job.status))

    async def may_resume(self, _job: Job) -> bool:
        """As the test says."""
        return self.resumable

    async def after(self, job: Job) -> None:
        """Note the end."""
        self.ended.append((job.id, job.status))

    @property
    def tries(self) -> Counter[str]:
        """How often each job was begun."""
        return Counter(self.started)


class JobYard:
    """Everything that jobs need, on a database that is migrated already."""

    def __init__(
        self, database: Database, clock: HandClock, settings: JobSettings = BY_HAND, queue: JobQueue | None = None
    ) -> None:
        self.database = database
        self.clock = clock
        self.settings = settings
        self.kind = ScriptedKind()
        self.queue = queue or EmbeddedQueue()
        self.signals = Signals()
        self.service = JobService(database, self.queue, self.signals, clock, {KIND: self.kind})
        self.worker = self.hire("test:1")

    def hire(self, owner: str) -> Worker:
        """One more worker at the same table."""
        kinds = {KIND: self.kind}
        return Worker(self.database, self.queue, self.signals, self.clock, kinds, self.service, self.settings, owner)

    async def add(self, key: str, priority: Priority = Priority.MEDIUM, *, offer: bool = True) -> str:
        """A queued job about ``key``; without ``offer`` as if the process had died before it told the workers."""
        new = NewJob(KIND, key, {"key": key}, model=key, priority=priority)
        job = await self.database.write(lambda connection: store.insert(connection, new, self.clock.now()))
        if offer:
            await self.service.announce(job)
        return job.id

    @asynccontextmanager
    async def working(self, worker: Worker | None = None, *, sole_owner: bool = True) -> AsyncIterator[None]:
        """The worker at work; on the way out it is stopped as a server stops it."""
        task = asyncio.create_task((worker or self.worker).run(sole_owner=sole_owner))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def settles(self, times: int) -> None:
        """Wait until jobs of this yard have changed their state so often."""
        await eventually(lambda: len(self.kind.settled) == times)

    async def reaches(self, job_id: str, status: JobStatus) -> Job:
        """Wait until the job is in that state."""

        async def is_there() -> bool:
            return (await self.service.get(job_id)).status is status

        await eventually(is_there)
        return await self.service.get(job_id)


async def succeed(_context: JobContext) -> None:
    """A body that has nothing to do."""


async def wait_for_ever(_context: JobContext) -> None:
    """A body that only a cancellation ends."""
    await asyncio.Event().wait()


def raises(*errors: Exception) -> Body:
    """A body that raises these errors on its first tries, one each, and then succeeds."""
    left = list(errors)

    async def body(_context: JobContext) -> None:
        if left:
            raise left.pop(0)

    return body
