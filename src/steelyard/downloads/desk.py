"""Jobs for whoever asks: what they may see of them, and which they may steer.

Implements jobs.desk.JobDesk, which cannot know of models, requests and people.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from sqlalchemy import Connection
from starlette.types import Scope

from steelyard.catalog import rights
from steelyard.catalog import store as catalog
from steelyard.catalog.hidden import hidden_from
from steelyard.catalog.models import Entry
from steelyard.core.clock import Clock
from steelyard.db.database import Database
from steelyard.downloads import store
from steelyard.downloads.errors import NotYourJob
from steelyard.downloads.models import OPEN, DownloadRequest
from steelyard.identity.audit import store as audit
from steelyard.identity.audit.models import Deed
from steelyard.identity.people import People
from steelyard.identity.principal import Caller
from steelyard.jobs import store as jobs
from steelyard.jobs.errors import no_such_job
from steelyard.jobs.models import Job
from steelyard.jobs.service import Also, JobService
from steelyard.jobs.store import JobFilter


class Desk:
    """The verbs of jobs, for the sender of a request."""

    def __init__(self, database: Database, service: JobService, people: People, clock: Clock) -> None:
        self._database = database
        self._service = service
        self._people = people
        self._clock = clock

    async def get(self, job_id: str, scope: Scope) -> Job:
        """One job. Raises JobMissing; also for one about a model that the sender may not see."""
        return await self.get_for(job_id, await self._people.caller(scope))

    async def get_for(self, job_id: str, caller: Caller) -> Job:
        """The same for a caller who is known already."""
        return await self._database.read(lambda connection: seen(connection, job_id, caller))

    async def list_page(self, wanted: JobFilter, limit: int, offset: int, scope: Scope) -> tuple[int, list[Job]]:
        """The true total and one page of what the sender may see, newest first."""
        viewer = rights.viewer(await self._people.caller(scope))
        return await self._service.list_page(replace(wanted, hidden=hidden_from(viewer)), limit, offset)

    async def cancel(self, job_id: str, scope: Scope) -> Job:
        """Stop a job for good. Raises JobMissing, WrongState, NotYourJob."""
        return await self._steer("cancel", self._service.cancel, job_id, scope)

    async def pause(self, job_id: str, scope: Scope) -> Job:
        """Hold a job. Raises JobMissing, WrongState, NotYourJob."""
        return await self._steer("pause", self._service.pause, job_id, scope)

    async def resume(self, job_id: str, scope: Scope) -> Job:
        """Let a paused job go on. Raises JobMissing, WrongState, NotYourJob."""
        return await self._steer("resume", self._service.resume, job_id, scope)

    async def retry(self, job_id: str, scope: Scope) -> Job:
        """Try a job again. Raises JobMissing, WrongState, NotYourJob."""
        return await self._steer("retry", self._service.retry, job_id, scope)

    async def delete(self, job_id: str, scope: Scope) -> None:
        """Forget a job that ended. Raises JobMissing, WrongState, NotYourJob."""
        await self._service.delete(job_id, self._allowed("delete", await self._people.caller(scope)))

    async def _steer(self, verb: str, act: Callable[[str, Also], Awaitable[Job]], job_id: str, scope: Scope) -> Job:
        return await act(job_id, self._allowed(verb, await self._people.caller(scope)))

    def _allowed(self, verb: str, caller: Caller) -> Also:
        """Refuses in the transaction of the verb, else writes down who did it."""

        def allow(connection: Connection, job: Job) -> None:
            entry = _visible_entry(connection, job, caller)
            if not may_steer(job, store.of_job(connection, job.id), entry, caller):
                raise NotYourJob(
                    f"Job {job.id} was asked for by {job.requested_by or 'somebody else'}.",
                    hint="Call off your own request (POST /api/v1/downloads/request/{task_id}/cancel), "
                    "or ask an administrator.",
                )
            what = f"job {job.id}" if job.model is None else f"job {job.id} ({job.model})"
            deed = Deed(f"job.{verb}", what, before={"status": job.status.value})
            audit.record(connection, caller, deed, self._clock.now())

        return allow


def seen(connection: Connection, job_id: str, caller: Caller) -> Job:
    """One job. Raises JobMissing; also for one about a model that the caller may not see."""
    job = jobs.get(connection, job_id)
    if job is None:
        raise no_such_job(job_id)
    _visible_entry(connection, job, caller)
    return job


def may_steer(job: Job, asked: Sequence[DownloadRequest], entry: Entry | None, caller: Caller) -> bool:
    """Whether somebody may stop, hold or forget a job: its sole asker, its oldest one, or an administrator.

    A job on which nobody waits any more belongs to whoever asked first; one that nobody ever waited on (a
    verification) to whoever started it, and to the model's owner.
    """
    if rights.is_admin(caller):
        return True
    if not asked:
        return rights.owns(job.requested_by, caller) or (entry is not None and rights.owns(entry.owner, caller))
    waiting = [one for one in asked if one.status in OPEN]
    return is_own(next(iter(waiting or asked)), caller)


def is_own(request: DownloadRequest, caller: Caller) -> bool:
    """Whether somebody asked for it: as the same principal, or as another one of the same account.

    Whoever has a service ask for them can call it off; the service, which says many names, cannot.
    """
    return request.principal == caller.doer.id or rights.owns(request.username, caller)


def _visible_entry(connection: Connection, job: Job, caller: Caller) -> Entry | None:
    entry = None if job.subject is None else catalog.get(connection, job.subject)
    if entry is not None and not rights.may_see(entry, caller):
        raise no_such_job(job.id)
    return entry
