"""How requests follow their job, within its transactions."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from steelyard.catalog import revisions
from steelyard.catalog import store as catalog
from steelyard.catalog.models import File, FirstDownload
from steelyard.downloads import clearances, counting, store, wants
from steelyard.downloads.models import OPEN, DownloadRequest, RequestStatus, follow
from steelyard.downloads.overtaking import overtake
from steelyard.downloads.plan import blobs_of, total_size
from steelyard.jobs.models import Job, JobStatus
from steelyard.usage.events import Event, EventType


def settle_requests(connection: Connection, job: Job, now: datetime) -> None:
    """The job's state changed: its open requests take the status that goes with it."""
    if job.status is JobStatus.QUEUED and (store.reopen(connection, job.id) or not store.has_open(connection, job.id)):
        clearances.doubt(connection, job.id)
    status = follow(job.status)
    if status is RequestStatus.COMPLETED:
        _complete(connection, job, job.finished_at or now)
        overtake(connection, job, job.finished_at or now)
    elif status is not None:
        ended = None if job.is_live else job.finished_at
        error = job.fault.detail if job.fault else None
        store.update_open(connection, job.id, status=status.value, error=error, completed_at=ended)


def settle_wants(connection: Connection, job: Job) -> None:
    """A job of the mirror has ended: of a failed one all stays wanted, for another try."""
    if job.is_live or not job.payload.get("grows"):
        return
    if job.status is JobStatus.CANCELLED:
        wants.clear(connection, job.dedupe_key)
    elif job.status is JobStatus.SUCCEEDED and job.subject is not None and job.revision is not None:
        revision = revisions.find(connection, job.subject, job.revision)
        if revision is not None:
            wants.settle(connection, job.dedupe_key, revision.id)


def settle_plan(connection: Connection, job: Job, files: Sequence[File]) -> None:
    """The files are known: the job's requests stand in line for them."""
    here = sum(len(blob.paths) for blob in blobs_of(files) if blob.here)
    values = {"file_count": len(files), "total_size": total_size(files), "completed_files": here}
    store.measure_open(connection, job.id, **values)
    store.update_open(connection, job.id, status=RequestStatus.ENQUEUED.value, error=None)


def first_of(requests: Sequence[DownloadRequest]) -> FirstDownload:
    """The earliest of the requests that waited on a job."""
    earliest = min(requests, key=lambda request: request.id)
    return FirstDownload(earliest.username, earliest.timestamp, earliest.vpn_ip)


def download_event(request: DownloadRequest) -> Event:
    """One completed request, for the usage log."""
    ended = request.completed_at or request.timestamp
    return Event(
        type=EventType.MODEL_DOWNLOAD, at=ended, model=request.model, principal=request.principal,
        address=request.vpn_ip, agent=request.agent, success=True, bytes_out=request.total_size,
        duration_ms=round((ended - request.timestamp).total_seconds() * 1000, 3),
    )  # fmt: skip


def _complete(connection: Connection, job: Job, now: datetime) -> None:
    waiting = [request for request in store.of_job(connection, job.id) if request.status in OPEN]
    for request in waiting:
        is_use = counting.complete(connection, request, job.revision, now)
        if job.subject is not None and request.counted_at is None:
            catalog.count_download(connection, job.subject, now, is_use=is_use)
    if waiting and job.subject is not None:
        catalog.set_first_download(connection, job.subject, first_of(waiting))
