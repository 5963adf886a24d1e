"""Models that are asked before they are here: pulled for whoever asks, if they may."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from steelyard.catalog.errors import missing
from steelyard.core.ref import Reference
from steelyard.core.signals import Signals
from steelyard.core.threads import ended
from steelyard.downloads.filing import Answer
from steelyard.downloads.models import Ask
from steelyard.identity.principal import Caller
from steelyard.identity.roles import Role, Scope
from steelyard.jobs.models import Job, JobStatus
from steelyard.jobs.service import JOB_TOPIC
from steelyard.serving.errors import ModelNotReady, QueueFull

_LOOK_AGAIN = 2.0  # seconds; a signal may have been lost
_ASK_AGAIN = 10.0  # seconds


class Asking(Protocol):
    """``downloads.service.DownloadService``, of which only this is used."""

    async def ask(self, ask: Ask) -> Answer:
        """Record a request and see that a job serves it."""


class Jobs(Protocol):
    """``jobs.service.JobService``, of which only this is used."""

    async def get(self, job_id: str) -> Job:
        """One job."""


@dataclass(slots=True)
class _Watch:
    """One look at a job for all who wait for it."""

    task: "asyncio.Task[Job]"
    waiters: int = 0


class Bringer:
    """What ``serving.service.Bringer`` says, for ``most`` who wait at the same time."""

    def __init__(self, downloads: Asking, jobs: Jobs, signals: Signals, most: int) -> None:
        self._downloads = downloads
        self._jobs = jobs
        self._signals = signals
        self._most = most
        self._waiting = 0
        self._watches: dict[str, _Watch] = {}

    async def bring(self, reference: Reference, caller: Caller) -> None:
        """Pull and wait. Raises ModelMissing for those who may not pull, QueueFull when too many wait, ModelNotReady,
        and what pulling raises."""
        if not caller.access.may(Role.MEMBER, Scope.PULL):
            raise missing(str(reference))
        if self._waiting >= self._most:
            said = "Too many requests wait for models that are on their way."
            raise QueueFull(said, hint="Ask again when the model is here: GET /jobs.", retry_after=_ASK_AGAIN)
        self._waiting += 1
        try:
            await self._bring(reference, caller)
        finally:
            self._waiting -= 1

    async def _bring(self, reference: Reference, caller: Caller) -> None:
        answer = await self._downloads.ask(Ask(reference, caller))
        if answer.is_waiting:
            raise ModelNotReady(
                f"{answer.model} waits for an administrator's approval.", hint=f"Request {answer.task_id} shows it."
            )
        if answer.job_id is not None and not answer.is_here:
            job = await self._ended(answer.job_id)
            if job.status is not JobStatus.SUCCEEDED:
                reason = job.fault.detail if job.fault else "it was called off"
                raise ModelNotReady(f"{answer.model} could not be brought: {reason}", hint=f"GET /jobs/{job.id}")

    async def _ended(self, job_id: str) -> Job:
        """The job once it has ended. The last who leaves before that ends the watching, not the job."""
        watch = self._watches.get(job_id)
        if watch is None or watch.task.done():
            watch = self._watches[job_id] = _Watch(asyncio.create_task(self._watch(job_id)))
        watch.waiters += 1
        try:
            return await asyncio.shield(watch.task)
        finally:
            watch.waiters -= 1
            if not watch.waiters:
                await self._forget(job_id, watch)

    async def _forget(self, job_id: str, watch: _Watch) -> None:
        if self._watches.get(job_id) is watch:
            del self._watches[job_id]
        watch.task.cancel()
        await ended([watch.task])

    async def _watch(self, job_id: str) -> Job:
        with self._signals.listen(JOB_TOPIC) as listener:
            while (job := await self._jobs.get(job_id)).is_live:
                await listener.wait(_LOOK_AGAIN)
                listener.drain()
        return job
