"""A job knows what it brings: it goes on, or its requests wait for an administrator and it ends before a byte moves."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from steelyard.catalog import store as catalog
from steelyard.catalog.models import Entry, File
from steelyard.catalog.service import refresh_status
from steelyard.downloads import claims, clearances, store, waiting
from steelyard.downloads.clearances import Clearance
from steelyard.downloads.following import settle_plan
from steelyard.downloads.models import OPEN, DownloadRequest, Found, RequestStatus
from steelyard.downloads.settings import ApprovalSettings
from steelyard.downloads.verdict import Verdict, judge_planned, load_of
from steelyard.jobs import store as jobs
from steelyard.jobs.errors import LeaseLost
from steelyard.jobs.models import Job, JobFault, JobStatus, Progress

SLUG = "awaiting-approval"
_HINT = "steelyard approvals lists what waits."


class Held(LeaseLost):
    """The job has ended in its own transaction: those who asked wait for an administrator now."""

    def __init__(self, job_id: str, task_ids: Sequence[str]) -> None:
        super().__init__(job_id)
        self.task_ids = task_ids


def settle_or_hold(
    connection: Connection, job: Job, entry: Entry, found: Found, selected: Sequence[File],
    rules: ApprovalSettings, now: datetime,
) -> list[str] | None:  # fmt: skip
    """Let the requests of a job that has planned stand in line, or hold them; in that case the tasks that wait now."""
    entry = catalog.get(connection, entry.id) or entry
    load = load_of(connection, entry, selected)
    cleared = clearances.find(connection, job.id)
    if cleared is not None and cleared.by is None:
        asked = [one for one in store.of_job(connection, job.id) if one.status in OPEN]
        judged = [(one, judge_planned(connection, one, entry, load, found.gated, rules, now)) for one in asked]
        if not _clear(connection, job, judged):
            return _hold(connection, job, found, judged, now)
    clearances.weigh(connection, job.id, load.base, load.new)
    settle_plan(connection, job, selected)
    return None


def _clear(connection: Connection, job: Job, judged: Sequence[tuple[DownloadRequest, Verdict]]) -> bool:
    """Whether anybody who waits for the job may bring it. Those before them share it, and are charged for nothing."""
    for place, (_, verdict) in enumerate(judged):
        if not verdict.reasons:
            clearances.clear(connection, job.id, Clearance.ADMIN if verdict.payer.is_exempt else Clearance.LIMITS)
            store.discharge_requests(connection, [request.id for request, _ in judged[:place]])
            return True
    return False


def _hold(
    connection: Connection, job: Job, found: Found, judged: Sequence[tuple[DownloadRequest, Verdict]], now: datetime
) -> list[str]:
    detail = "An administrator must agree first." if judged else "Nobody waits for it any more."
    hint = _HINT if judged else f"steelyard pull {job.model}"
    for request, verdict in judged:
        hold(connection, request, found, verdict, job)
    progress = Progress(job.progress.downloaded_bytes, judged[0][1].load.size if judged else None)
    fault = JobFault(SLUG, detail, hint)
    jobs.finish(connection, job.claim, JobStatus.CANCELLED, now, progress, fault)
    claims.release_all(connection, job.id)
    if job.subject is not None:
        refresh_status(connection, job.subject)
    return [request.task_id for request, _ in judged]


def hold(connection: Connection, request: DownloadRequest, found: Found, verdict: Verdict, job: Job) -> None:
    """A request leaves its job and waits."""
    size = verdict.load.size
    waiting.add(connection, request, found.wanted, verdict.reasons, size, job.priority)
    status = RequestStatus.AWAITING_APPROVAL.value
    store.change(
        connection, request.task_id, status=status, job_id=None, brings=False, total_size=size, completed_files=0,
        error=waiting.said(verdict.reasons),
    )  # fmt: skip
