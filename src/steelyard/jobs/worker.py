"""Takes jobs and works on them: a few slots, one heart, one sweep.

The heart renews all leases in one transaction. The sweep compares the table with the queue; the table wins, so a job
whose dispatch was lost in a crash is found again.
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta

from sqlalchemy import Connection

from steelyard.core.clock import Clock
from steelyard.core.signals import CLOSING_KEY, Signals
from steelyard.core.threads import ended
from steelyard.db.database import Database
from steelyard.jobs import attendance, store
from steelyard.jobs.attempt import Attempt
from steelyard.jobs.context import JobContext
from steelyard.jobs.errors import JobMissing, WrongState
from steelyard.jobs.kind import JobKind
from steelyard.jobs.models import Claim, Job, JobStatus
from steelyard.jobs.queue import JobQueue
from steelyard.jobs.service import JOB_TOPIC, STOP_TOPIC, JobService
from steelyard.jobs.settings import JobSettings

logger = logging.getLogger(__name__)
_AFTER_LEASE = 0.05  # seconds behind the end of a lease, where it surely is over


class Worker:
    """The workers of one process. ``owner`` names it in the table."""

    def __init__(
        self,
        database: Database,
        queue: JobQueue,
        signals: Signals,
        clock: Clock,
        kinds: Mapping[str, JobKind],
        service: JobService,
        settings: JobSettings,
        owner: str,
    ) -> None:
        self._database = database
        self._queue = queue
        self._signals = signals
        self._clock = clock
        self._kinds = kinds
        self._service = service
        self._settings = settings
        self._owner = owner
        self._lease = timedelta(seconds=settings.lease_seconds)
        self._attempts: dict[str, Attempt] = {}
        self._urgent: set[asyncio.Task[None]] = set()

    @property
    def owner(self) -> str:
        """This process's name in the table."""
        return self._owner

    async def run(self, *, sole_owner: bool, takes_jobs: bool = True) -> None:
        """Work until cancelled; then put every job back. ``sole_owner``: no other process can hold a lease.

        A process that takes no jobs from the queue keeps those alive that ``take`` is told of.
        """
        try:
            if takes_jobs:
                await self._run(sole_owner=sole_owner)
            else:
                await self._keep_alive()
        finally:
            urgent = list(self._urgent)
            for task in urgent:
                task.cancel()
            await ended(urgent)

    def take(self, job_id: str) -> None:
        """Work on a job at once, beside the slots: somebody waits for its bytes. Nothing happens if another has it."""
        task = asyncio.create_task(self._take(job_id), name=f"urgent job {job_id}")
        self._urgent.add(task)
        task.add_done_callback(self._urgent.discard)

    async def _keep_alive(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._beating())
            group.create_task(self._stopping())

    async def _run(self, *, sole_owner: bool) -> None:
        if sole_owner:
            await self._database.write(lambda connection: store.orphan_all(connection, self._clock.now()))
        with _survive("sweep"):
            await self.sweep()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._sweeping())
            group.create_task(self._beating())
            group.create_task(self._stopping())
            if not sole_owner:
                group.create_task(self._signing_in())
            for _ in range(self._settings.concurrency):
                group.create_task(self._slot())

    async def sweep(self) -> None:
        """Offer every job that is due, and wake those whose reason to wait is gone."""
        due = await self._database.read(lambda connection: store.due(connection, self._clock.now()))
        await asyncio.gather(*(self._queue.put(job.id, int(job.priority)) for job in due))
        for job in await self._database.read(store.paused_by_itself):
            with _survive("waking a job"), suppress(WrongState, JobMissing):  # another worker may be quicker
                if await self._kinds[job.kind].may_resume(job):
                    await self._service.resume(job.id)

    async def pause(self) -> float:
        """Seconds until the next sweep: at the latest when a lease runs out that nobody renews."""
        now = self._clock.now()
        ends = await self._database.read(lambda connection: store.next_lease_end(connection, now))
        left = (ends - now).total_seconds() + _AFTER_LEASE if ends else self._settings.sweep_seconds
        return min(self._settings.sweep_seconds, left)

    async def beat(self) -> None:
        """Renew every lease and write progress; attempts that lost theirs are stopped."""
        running = dict(self._attempts)
        contexts = [attempt.context for attempt in running.values()]
        states = [(context.job.claim, context.progress, context.trouble) for context in contexts]
        asked_at = self._clock.monotonic()

        def renew(connection: Connection) -> dict[str, bool]:
            now = self._clock.now()
            return {
                held.job_id: store.beat(connection, held, progress, trouble, now, self._lease)
                for held, progress, trouble in states
            }

        for job_id, kept in (await self._database.write(renew) if running else {}).items():
            if kept:
                running[job_id].context.renew(asked_at)
            else:
                running[job_id].lose()
            self._signals.publish(JOB_TOPIC, job_id)

    async def _slot(self) -> None:
        while True:
            await self._take(await self._queue.take())

    async def _take(self, job_id: str) -> None:
        with _survive("job"):
            context = await self._claim(job_id)
            if context is not None:
                await self._work(context)

    async def _claim(self, job_id: str) -> JobContext | None:
        asked_at = self._clock.monotonic()

        def claim(connection: Connection) -> Job | None:
            job = store.claim(connection, job_id, self._owner, self._clock.now(), self._lease)
            if job is not None:
                self._kinds[job.kind].settle(connection, job)
            return job

        job = await self._database.write(claim)
        if job is None:
            return None
        return JobContext(job, self._database, self._clock, self._settings.lease_seconds, asked_at)

    async def _work(self, context: JobContext) -> None:
        job = context.job
        attempt = Attempt(context, self._kinds[job.kind], self._database, self._clock, self._settings)
        if job.id in self._attempts:  # our own lease ran out while the database was away
            self._attempts[job.id].lose()
        self._attempts[job.id] = attempt
        self._signals.publish(JOB_TOPIC, job.id)
        try:
            after = await attempt.run()
        finally:
            if self._attempts.get(job.id) is attempt:
                del self._attempts[job.id]
            self._signals.publish(JOB_TOPIC, job.id)
        if after is not None and after.status is JobStatus.QUEUED:
            delay = (after.not_before - self._clock.now()).total_seconds()
            await self._queue.put(after.id, int(after.priority), max(0.0, delay))

    async def _beating(self) -> None:
        while True:
            await asyncio.sleep(self._settings.beat_seconds)
            with _survive("heartbeat"):
                await self.beat()

    async def _sweeping(self) -> None:
        while True:
            pause = self._settings.sweep_seconds
            with _survive("sweep"):
                pause = await self.pause()
            await asyncio.sleep(pause)
            with _survive("sweep"):
                await self.sweep()

    async def _signing_in(self) -> None:
        with _survive("forgetting workers that are gone"):
            await self._database.write(lambda connection: attendance.forget(connection, self._clock.now()))
        while True:
            with _survive("signing in"):
                await self._database.write(
                    lambda connection: attendance.sign_in(connection, self._owner, self._clock.now())
                )
            await asyncio.sleep(attendance.SIGN_SECONDS)

    async def _stopping(self) -> None:
        """Somebody cancelled or paused a job: stop its bytes now rather than at the next heartbeat."""
        async for signal in self._signals.stream(STOP_TOPIC):
            everything = signal is not None and signal.key == CLOSING_KEY  # signals were missed
            keys = list(self._attempts) if everything else [signal.key] if signal else []
            for attempt in [self._attempts[key] for key in keys if key in self._attempts]:
                with _survive("stop"):
                    if not await self._holds(attempt.context.job.claim):
                        attempt.lose()

    async def _holds(self, held: Claim) -> bool:
        return await self._database.read(lambda connection: store.holds(connection, held))


@contextmanager
def _survive(what: str) -> Iterator[None]:
    """A failed round is logged and the next one tries again: a full disk must not end the heart for ever."""
    try:
        yield
    except Exception:
        logger.exception("%s failed", what)
