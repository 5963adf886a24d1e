"""The transaction of a request: it is on the shelf already, a job serves it, a new job does, or it has to wait."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from steelyard.catalog import rights
from steelyard.catalog import store as catalog
from steelyard.catalog.errors import missing
from steelyard.catalog.models import Entry, Revision
from steelyard.catalog.service import refresh_status
from steelyard.downloads import clearances, placing, store, waiting
from steelyard.downloads.clearances import Clearance
from steelyard.downloads.models import Ask, Found, RequestStatus, Wanted
from steelyard.downloads.onshelf import complete_revision, require_askable, require_restorable
from steelyard.downloads.payload import dedupe_key, name_of, ref_of
from steelyard.downloads.settings import DownloadSettings
from steelyard.downloads.verdict import Verdict, judge_request
from steelyard.jobs import store as jobs
from steelyard.jobs.models import Job, JobStatus


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request. ``job_id`` is None when everything was here and its old job is forgotten."""

    task_id: str
    model: str
    revision: str | None
    job_id: str | None
    status: JobStatus | Literal[RequestStatus.AWAITING_APPROVAL]
    position: int = 0
    reasons: tuple[str, ...] = ()

    @property
    def is_here(self) -> bool:
        """Whether nothing has to be fetched."""
        return self.status is JobStatus.SUCCEEDED

    @property
    def is_waiting(self) -> bool:
        """Whether an administrator must agree first, for these ``reasons``."""
        return self.status is RequestStatus.AWAITING_APPROVAL


def file_request(
    connection: Connection, ask: Ask, found: Found, now: datetime, rules: DownloadSettings
) -> tuple[Answer, Job | None]:
    """Write the request down; returns the answer, and the job when it is new.

    One that must wait for an administrator has no job and brings nothing back from the trash; asked again it is the
    same request. Raises CoolingDown, OnlyFromFolder, ModelMissing for what the asker may not see, and what
    ``require_askable`` raises.
    """
    wanted = found.wanted
    entry = catalog.find(connection, name_of(wanted))
    require_sight(entry, ask)  # again: the hub may call it otherwise than it was asked for
    require_restorable(entry)
    complete = complete_revision(connection, wanted, in_trash=True)
    verdict = _judge(connection, ask, found, complete, now, rules)
    if verdict.reasons:
        return file_as_waiting(connection, ask, wanted, verdict, now), None
    require_askable(entry)
    if complete is not None:
        return file_as_here(connection, ask, wanted, complete, now), None
    live = jobs.find_live(connection, dedupe_key(wanted))
    job = live or new_job(connection, ask, wanted, verdict, now, rules)
    task_id = _attach(connection, ask, wanted, job, None if live else verdict.load.size, now)
    if job.subject is not None:
        refresh_status(connection, job.subject)
    position = jobs.position(connection, job) if job.status is JobStatus.QUEUED else 0
    answer = Answer(task_id, str(name_of(wanted)), wanted.commit, job.id, job.status, position)
    return answer, None if live else job


def file_refusal(connection: Connection, ask: Ask, wanted: Wanted, detail: str, now: datetime) -> None:
    """The hub refuses: the request is on record as failed, and no job is made."""
    more = {"error": detail, "completed_at": now, "revision": wanted.revision}
    store.insert(connection, ask, str(name_of(wanted)), RequestStatus.FAILED, now, source=wanted.hub, **more)


def is_to_wait(connection: Connection, ask: Ask, found: Found, now: datetime, rules: DownloadSettings) -> bool:
    """Whether ``file_request`` would let the request wait if its model came back from the trash. Raises what that
    raises.

    A model shall not come back for a request that is refused, nor for one that waits.
    """
    entry = catalog.find(connection, name_of(found.wanted))
    require_sight(entry, ask)
    require_restorable(entry)
    complete = complete_revision(connection, found.wanted, in_trash=True)
    return bool(_judge(connection, ask, found, complete, now, rules).reasons)


def require_sight(entry: Entry | None, ask: Ask) -> None:
    """Raises ModelMissing, by the name that was asked for, for an entry that does not exist for the asker."""
    if entry is not None and not rights.may_see(entry, ask.caller):
        raise missing(str(ask.reference))


def _judge(
    connection: Connection, ask: Ask, found: Found, complete: Revision | None, now: datetime, rules: DownloadSettings
) -> Verdict:
    """Whether the request must wait for an administrator. Raises CoolingDown and OnlyFromFolder for a new job."""
    begins = complete is None and jobs.find_live(connection, dedupe_key(found.wanted)) is None
    if begins:
        placing.require_new_job(connection, found.wanted, now, timedelta(seconds=rules.cooldown_seconds))
    return judge_request(connection, ask.caller, found, rules, now, brings=begins)


def file_as_waiting(connection: Connection, ask: Ask, wanted: Wanted, verdict: Verdict, now: datetime) -> Answer:
    """The request waits for an administrator; asked again it is the same one."""
    model, reasons, size = str(name_of(wanted)), verdict.reasons, verdict.load.size
    status: Literal[RequestStatus.AWAITING_APPROVAL] = RequestStatus.AWAITING_APPROVAL
    known = waiting.find_same(connection, verdict.payer.principals, wanted)
    if known is not None:
        return Answer(known.task_id, model, wanted.commit, None, status, reasons=known.reasons)
    entry = catalog.find(connection, name_of(wanted))
    task_id = store.insert(
        connection, ask, model, status, now, source=wanted.hub, entry=entry.id if entry else None,
        revision=wanted.commit, ref=ref_of(wanted), total_size=size, error=waiting.said(reasons),
    )  # fmt: skip
    waiting.add(connection, store.require(connection, task_id), wanted, reasons, size, ask.priority)
    return Answer(task_id, model, wanted.commit, None, status, reasons=reasons)


def file_as_here(connection: Connection, ask: Ask, wanted: Wanted, revision: Revision, now: datetime) -> Answer:
    """A request for what of a revision is on the shelf: it ends well at once, and counts."""
    model, here = str(name_of(wanted)), placing.here(connection, wanted, revision, now)
    task_id = store.insert(connection, ask, model, RequestStatus.PENDING, now, source=wanted.hub, **here)
    placing.complete(connection, task_id, revision, now)
    return Answer(task_id, model, revision.commit, here["job_id"], JobStatus.SUCCEEDED)


def new_job(
    connection: Connection, ask: Ask, wanted: Wanted, verdict: Verdict, now: datetime, rules: DownloadSettings
) -> Job:
    """A job for somebody, who is charged for it. Raises what ``placing.begin`` raises."""
    job = placing.begin(connection, wanted, ask.caller.name, ask.priority, now, rules)
    load = verdict.load
    fits = Clearance.ADMIN if verdict.payer.is_exempt else None if load.size is None else Clearance.LIMITS
    clearances.add(connection, job.id, fits, load.base, load.new)
    return job


def _attach(connection: Connection, ask: Ask, wanted: Wanted, job: Job, size: int | None, now: datetime) -> str:
    standing = placing.standing(connection, wanted, job, size)
    status = RequestStatus(standing.pop("status"))
    return store.insert(connection, ask, str(name_of(wanted)), status, now, source=wanted.hub, **standing)
