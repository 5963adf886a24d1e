"""All SQL of the jobs room. Every change of state is a compare-and-set on what the caller believes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select, update

from steelyard.core.ids import new_uuid
from steelyard.jobs.models import (
    LIVE,
    Claim,
    Job,
    JobFault,
    JobStatus,
    NewJob,
    PauseReason,
    Priority,
    Progress,
)
from steelyard.jobs.tables import jobs

_NO_LEASE: dict[str, Any] = {"lease_owner": None, "lease_until": None, "bytes_per_second": None, "current_file": None}
_NO_FAULT: dict[str, Any] = {"error_slug": None, "error": None, "hint": None}


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs a list shows; None means any. ``hidden`` selects the subjects whose jobs are left out."""

    status: JobStatus | None = None
    model: str | None = None
    kind: str | None = None
    user: str | None = None
    kinds: tuple[str, ...] | None = None
    hidden: Select[int] | None = None


def insert(connection: Connection, new: NewJob, now: datetime) -> Job:
    """A queued job. The live dedupe key must be free: look with ``find_live`` in the same transaction."""
    job_id = new_uuid()
    values = {
        "id": job_id, "kind": new.kind, "dedupe_key": new.dedupe_key, "payload": dict(new.payload),
        "model": new.model, "revision": new.revision, "subject": new.subject, "requested_by": new.requested_by,
        "priority": int(new.priority), "status": JobStatus.QUEUED.value, "attempt": 0, "failures": 0,
        "not_before": now, "downloaded_bytes": 0, "created_at": now, "updated_at": now,
    }  # fmt: skip
    connection.execute(jobs.insert().values(**values))
    return require(connection, job_id)


def get(connection: Connection, job_id: str) -> Job | None:
    """One job, or None."""
    row = connection.execute(select(jobs).where(jobs.c.id == job_id)).one_or_none()
    return _job(row) if row else None


def require(connection: Connection, job_id: str) -> Job:
    """One job that must be there."""
    return _job(connection.execute(select(jobs).where(jobs.c.id == job_id)).one())


def find_live(connection: Connection, dedupe_key: str) -> Job | None:
    """The live job with this key."""
    statement = select(jobs).where(jobs.c.dedupe_key == dedupe_key, jobs.c.status.in_(LIVE))
    row = connection.execute(statement).one_or_none()
    return _job(row) if row else None


def find_last(connection: Connection, dedupe_key: str) -> Job | None:
    """The newest job with this key, in any state."""
    statement = (
        select(jobs)
        .where(jobs.c.dedupe_key == dedupe_key)
        .order_by(jobs.c.created_at.desc(), jobs.c.id.desc())
        .limit(1)
    )
    row = connection.execute(statement).one_or_none()
    return _job(row) if row else None


def has_live(connection: Connection, subject: int) -> bool:
    """Whether a job about this subject is alive."""
    alive = (jobs.c.subject == subject, jobs.c.status.in_(LIVE))
    return connection.execute(select(jobs.c.id).where(*alive).limit(1)).first() is not None


def is_outranked(connection: Connection, priority: Priority, now: datetime) -> bool:
    """Whether a job of higher priority waits for a worker."""
    waits = (jobs.c.status == JobStatus.QUEUED.value, jobs.c.not_before <= now, jobs.c.priority > int(priority))
    return connection.execute(select(jobs.c.id).where(*waits).limit(1)).first() is not None


def live_about(connection: Connection, subject: int) -> list[Job]:
    """The live jobs about a subject."""
    alive = (jobs.c.subject == subject, jobs.c.status.in_(LIVE))
    return [_job(row) for row in connection.execute(select(jobs).where(*alive).order_by(jobs.c.created_at))]


def list_page(connection: Connection, wanted: JobFilter, limit: int, offset: int) -> tuple[int, list[Job]]:
    """The true total and one page, newest first."""
    conditions = _conditions(wanted)
    total = connection.execute(select(func.count()).select_from(jobs).where(*conditions)).scalar_one()
    newest = select(jobs).where(*conditions).order_by(jobs.c.created_at.desc(), jobs.c.id.desc())
    return total, [_job(row) for row in connection.execute(newest.limit(limit).offset(offset))]


def position(connection: Connection, job: Job) -> int:
    """How many queued jobs go before this one."""
    ahead = or_(
        jobs.c.priority > int(job.priority),
        and_(jobs.c.priority == int(job.priority), jobs.c.created_at < job.created_at),
    )
    statement = select(func.count()).select_from(jobs).where(jobs.c.status == JobStatus.QUEUED.value, ahead)
    return connection.execute(statement).scalar_one()


def count_by_status(connection: Connection) -> dict[str, int]:
    """How many jobs there are in each state."""
    rows = connection.execute(select(jobs.c.status, func.count()).group_by(jobs.c.status))
    return {row[0]: row[1] for row in rows}


def claim(connection: Connection, job_id: str, owner: str, now: datetime, lease: timedelta) -> Job | None:
    """Take a job that is due, or whose owner let its lease run out; None when somebody else has it.

    The attempt number goes up by one and is the fencing token of everything that is written for the job.
    """
    due = and_(jobs.c.status == JobStatus.QUEUED.value, jobs.c.not_before <= now)
    abandoned = and_(jobs.c.status == JobStatus.RUNNING.value, jobs.c.lease_until < now)
    changes = {
        "status": JobStatus.RUNNING.value, "attempt": jobs.c.attempt + 1, "lease_owner": owner,
        "lease_until": now + lease, "started_at": func.coalesce(jobs.c.started_at, now), "updated_at": now,
        "pause_reason": None, **_NO_FAULT,
    }  # fmt: skip
    changed = connection.execute(update(jobs).where(jobs.c.id == job_id, or_(due, abandoned)).values(**changes))
    return require(connection, job_id) if changed.rowcount else None


def holds(connection: Connection, held: Claim) -> bool:
    """Whether a claim is still good."""
    return connection.execute(select(jobs.c.id).where(_held(held))).first() is not None


def beat(
    connection: Connection, held: Claim, progress: Progress, trouble: JobFault | None, now: datetime, lease: timedelta
) -> bool:
    """Prolong the lease, write progress and what troubles the job just now; False when the claim is lost.

    A lease that ran out is lost, also when nobody has taken the job yet: others may have taken its blobs.
    """
    changes = {**_progress_columns(progress), **_fault_columns(trouble), "lease_until": now + lease, "updated_at": now}
    in_time = and_(_held(held), jobs.c.lease_until >= now)
    return connection.execute(update(jobs).where(in_time).values(**changes)).rowcount == 1


def describe(connection: Connection, held: Claim, *, model: str, revision: str, subject: int) -> None:
    """Write what a job turned out to be about."""
    changes = {"model": model, "revision": revision, "subject": subject}
    connection.execute(update(jobs).where(_held(held)).values(**changes))


def finish(
    connection: Connection, held: Claim, status: JobStatus, now: datetime, progress: Progress, fault: JobFault | None
) -> Job | None:
    """End a job under its claim; None when the claim is lost."""
    changes = {
        **_NO_LEASE, **_fault_columns(fault), "status": status.value, "downloaded_bytes": progress.downloaded_bytes,
        "total_bytes": progress.total_bytes, "updated_at": now, "finished_at": now,
    }  # fmt: skip
    return _change(connection, _held(held), held.job_id, changes)


def postpone(
    connection: Connection,
    held: Claim,
    now: datetime,
    until: datetime,
    progress: Progress,
    fault: JobFault | None,
    failures: int,
) -> Job | None:
    """Back into the queue until a time; ``failures`` are the failed tries in a row. None when the claim is lost."""
    changes = {
        **_NO_LEASE, **_fault_columns(fault), "status": JobStatus.QUEUED.value, "not_before": until, "updated_at": now,
        "downloaded_bytes": progress.downloaded_bytes, "total_bytes": progress.total_bytes,
        "failures": failures,
    }  # fmt: skip
    return _change(connection, _held(held), held.job_id, changes)


def suspend(
    connection: Connection, held: Claim, now: datetime, reason: PauseReason, progress: Progress, fault: JobFault
) -> Job | None:
    """Pause a running job by itself; None when the claim is lost."""
    changes = {
        **_NO_LEASE, **_fault_columns(fault), "status": JobStatus.PAUSED.value, "pause_reason": reason.value,
        "updated_at": now, "downloaded_bytes": progress.downloaded_bytes, "total_bytes": progress.total_bytes,
    }  # fmt: skip
    return _change(connection, _held(held), held.job_id, changes)


def move(
    connection: Connection,
    job_id: str,
    origins: Sequence[JobStatus],
    target: JobStatus,
    now: datetime,
    pause_reason: PauseReason | None = None,
) -> Job | None:
    """Change the state by somebody's wish; whoever runs the job loses its claim. None when it is in no such state."""
    changes: dict[str, Any] = {
        **_NO_LEASE, **_NO_FAULT, "status": target.value, "updated_at": now,
        "pause_reason": pause_reason.value if pause_reason else None,
        "finished_at": None if target in LIVE else now,
    }  # fmt: skip
    if target is JobStatus.QUEUED:
        changes |= {"not_before": now, "failures": 0}
    allowed: ColumnElement[bool] = jobs.c.status.in_(origins)
    if target is JobStatus.PAUSED:  # a person may hold what paused itself, so that it does not go on by itself
        itself = and_(jobs.c.status == JobStatus.PAUSED.value, jobs.c.pause_reason != PauseReason.PERSON.value)
        allowed = or_(allowed, itself)
    return _change(connection, and_(jobs.c.id == job_id, allowed), job_id, changes)


def delete(connection: Connection, job_id: str) -> bool:
    """Forget a job that ended; False when it is live or unknown."""
    return connection.execute(jobs.delete().where(jobs.c.id == job_id, jobs.c.status.not_in(LIVE))).rowcount == 1


def due(connection: Connection, now: datetime) -> list[Job]:
    """Jobs that somebody should work on: queued and due, or running under a lease that ran out."""
    waiting = and_(jobs.c.status == JobStatus.QUEUED.value, jobs.c.not_before <= now)
    abandoned = and_(jobs.c.status == JobStatus.RUNNING.value, jobs.c.lease_until < now)
    statement = select(jobs).where(or_(waiting, abandoned)).order_by(jobs.c.priority.desc(), jobs.c.created_at)
    return [_job(row) for row in connection.execute(statement)]


def next_lease_end(connection: Connection, now: datetime) -> datetime | None:
    """When the first of the good leases runs out, unless its holder renews it."""
    good = (jobs.c.status == JobStatus.RUNNING.value, jobs.c.lease_until >= now)
    first: datetime | None = connection.execute(select(func.min(jobs.c.lease_until)).where(*good)).scalar_one()
    return first


def paused_by_itself(connection: Connection) -> list[Job]:
    """Jobs that wait for the world to change, not for a person."""
    waits = and_(jobs.c.status == JobStatus.PAUSED.value, jobs.c.pause_reason != PauseReason.PERSON.value)
    return [_job(row) for row in connection.execute(select(jobs).where(waits).order_by(jobs.c.created_at))]


def orphan_all(connection: Connection, now: datetime) -> int:
    """Let every lease run out now: for a process that just took sole ownership of the database."""
    changes = {"lease_until": now - timedelta(seconds=1)}
    return connection.execute(update(jobs).where(jobs.c.status == JobStatus.RUNNING.value).values(**changes)).rowcount


def _change(connection: Connection, matches: ColumnElement[bool], job_id: str, changes: dict[str, Any]) -> Job | None:
    changed = connection.execute(update(jobs).where(matches).values(**changes))
    return require(connection, job_id) if changed.rowcount else None


def _held(held: Claim) -> ColumnElement[bool]:
    running = jobs.c.status == JobStatus.RUNNING.value
    return and_(jobs.c.id == held.job_id, jobs.c.attempt == held.attempt, running)


def _conditions(wanted: JobFilter) -> list[ColumnElement[bool]]:
    columns = {"status": jobs.c.status, "model": jobs.c.model, "kind": jobs.c.kind, "user": jobs.c.requested_by}
    given = {name: getattr(wanted, name) for name in columns}
    conditions = [columns[name] == value for name, value in given.items() if value is not None]
    if wanted.kinds is not None:
        conditions.append(jobs.c.kind.in_(wanted.kinds))
    if wanted.hidden is not None:
        conditions.append(or_(jobs.c.subject.is_(None), jobs.c.subject.not_in(wanted.hidden)))
    return conditions


def _progress_columns(progress: Progress) -> dict[str, Any]:
    return {
        "downloaded_bytes": progress.downloaded_bytes, "total_bytes": progress.total_bytes,
        "bytes_per_second": progress.bytes_per_second, "current_file": progress.current_file,
    }  # fmt: skip


def _fault_columns(fault: JobFault | None) -> dict[str, Any]:
    return {"error_slug": fault.slug, "error": fault.detail, "hint": fault.hint} if fault else _NO_FAULT


def _job(row: Row[Any]) -> Job:
    fault = JobFault(row.error_slug, row.error, row.hint) if row.error_slug else None
    return Job(
        id=row.id, kind=row.kind, dedupe_key=row.dedupe_key, payload=row.payload, model=row.model,
        revision=row.revision, subject=row.subject, requested_by=row.requested_by, priority=Priority(row.priority),
        status=JobStatus(row.status), pause_reason=PauseReason(row.pause_reason) if row.pause_reason else None,
        attempt=row.attempt, failures=row.failures, lease_owner=row.lease_owner, lease_until=row.lease_until,
        not_before=row.not_before, fault=fault, created_at=row.created_at, started_at=row.started_at,
        progress=Progress(row.downloaded_bytes, row.total_bytes, row.bytes_per_second, row.current_file),
        updated_at=row.updated_at, finished_at=row.finished_at,
    )  # fmt: skip
