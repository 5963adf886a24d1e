"""One attempt at one job, from claim to its end, whatever that is."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Connection

from steelyard.core.clock import Clock
from steelyard.db.database import Database
from steelyard.jobs import store
from steelyard.jobs.context import JobContext
from steelyard.jobs.errors import GiveWay, LeaseLost
from steelyard.jobs.kind import JobKind
from steelyard.jobs.models import Job, JobFault, JobStatus
from steelyard.jobs.retry import GiveUp, TryAgain, Verdict, Wait, judge
from steelyard.jobs.settings import JobSettings

logger = logging.getLogger(__name__)


class Attempt:
    """Runs a job body and writes down how it ended. Only the holder of the claim can write anything."""

    def __init__(
        self, context: JobContext, kind: JobKind, database: Database, clock: Clock, settings: JobSettings
    ) -> None:
        self.context = context
        self._kind = kind
        self._database = database
        self._clock = clock
        self._settings = settings
        self._body: asyncio.Task[None] | None = None
        self._stopped = False
        self._lost = False

    async def run(self) -> Job | None:
        """Work until the body ends; returns the job as it is then, None when the claim was lost."""
        self._body = asyncio.create_task(self._kind.run(self.context), name=f"job {self.context.job.id}")
        try:
            await asyncio.wait({self._body})
        except asyncio.CancelledError:
            await self.stop()
            raise
        return await self._end(self._body)

    def lose(self) -> None:
        """The claim is gone: stop moving bytes at once."""
        if self._lost:
            return
        self._lost = True
        self.context.lose()
        if self._body is not None:
            self._body.cancel()

    async def stop(self) -> None:
        """The process ends: checkpoint, and put the job back for whoever comes next."""
        self._stopped = True
        self.context.stop()
        if self._body is not None:
            self._body.cancel()
            await asyncio.wait({self._body})
            await self._end(self._body)

    async def _end(self, body: asyncio.Task[None]) -> Job | None:
        job = await self._conclude(body)
        if job is not None and not job.is_live:
            await self._kind.after(job)
        return job

    async def _conclude(self, body: asyncio.Task[None]) -> Job | None:
        error = None if body.cancelled() else body.exception()
        if body.cancelled() or isinstance(error, LeaseLost):
            return await self._give_back() if self._stopped else None
        if error is None:
            return await self._finish(JobStatus.SUCCEEDED, None)
        if isinstance(error, GiveWay):
            return await self._give_back()
        if not isinstance(error, Exception):
            raise error
        verdict = judge(error, self._failures, self._settings)
        logger.warning(
            "job did not end well",
            extra={"job_id": self.context.job.id, "verdict": type(verdict).__name__, "error": str(error)},
            exc_info=error if verdict.fault.slug == "internal-error" else None,
        )
        return await self._obey(verdict)

    @property
    def _failures(self) -> int:
        """Failed tries in a row before this one: a try that got further begins a new row."""
        job = self.context.job
        return 0 if self.context.progress.downloaded_bytes > job.progress.downloaded_bytes else job.failures

    async def _obey(self, verdict: Verdict) -> Job | None:
        match verdict:
            case GiveUp(fault):
                return await self._finish(JobStatus.FAILED, fault)
            case TryAgain(delay, fault):
                return await self._postpone(delay, fault, self._failures + 1)
            case Wait(reason, fault):
                held, progress = self.context.job.claim, self.context.progress
                return await self._settled(
                    lambda connection: store.suspend(connection, held, self._clock.now(), reason, progress, fault)
                )

    async def _finish(self, status: JobStatus, fault: JobFault | None) -> Job | None:
        held, progress = self.context.job.claim, self.context.progress
        return await self._settled(
            lambda connection: store.finish(connection, held, status, self._clock.now(), progress, fault)
        )

    async def _give_back(self) -> Job | None:
        return await self._postpone(0.0, None, self._failures)

    async def _postpone(self, delay: float, fault: JobFault | None, failures: int) -> Job | None:
        held, progress, now = self.context.job.claim, self.context.progress, self._clock.now()
        until = now + timedelta(seconds=delay)
        return await self._settled(
            lambda connection: store.postpone(connection, held, now, until, progress, fault, failures)
        )

    async def _settled(self, change: Callable[[Connection], Job | None]) -> Job | None:
        def transaction(connection: Connection) -> Job | None:
            job = change(connection)
            if job is not None:
                self._kind.settle(connection, job)
            return job

        return await self._database.write(transaction)
