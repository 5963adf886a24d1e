"""Requests: the record of somebody asking for something."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from steelyard.catalog.models import File
from steelyard.core.ref import Reference
from steelyard.identity.principal import Caller
from steelyard.jobs.models import JobStatus, Priority


class RequestStatus(StrEnum):
    """Where a request stands, in exactly these words."""

    PENDING = "pending"
    DOWNLOADING = "downloading"
    ENQUEUED = "enqueued"
    COMPLETED = "completed"
    FAILED = "failed"
    NO_RESULTS = "no_results"
    NO_MATCH = "no_match"
    CONNECTION_ERROR = "connection_error"
    TIMEOUT = "timeout"
    ERROR = "error"
    CANCELLED = "cancelled"
    AWAITING_APPROVAL = "awaiting_approval"
    DENIED = "denied"

    @property
    def meaning(self) -> str:
        """What the word means, in one line."""
        return _MEANINGS[self]


_MEANINGS = {
    RequestStatus.PENDING: "written down; its job waits",
    RequestStatus.DOWNLOADING: "bytes are moving",
    RequestStatus.ENQUEUED: "the files are known and stand in line",
    RequestStatus.COMPLETED: "everything asked for is on the shelf",
    RequestStatus.FAILED: "the download gave up",
    RequestStatus.NO_RESULTS: "the search found nothing",
    RequestStatus.NO_MATCH: "the search found nothing suitable",
    RequestStatus.CONNECTION_ERROR: "the source could not be reached",
    RequestStatus.TIMEOUT: "the search took too long",
    RequestStatus.ERROR: "something unexpected stopped it",
    RequestStatus.CANCELLED: "its asker, or whoever may, called it off",
    RequestStatus.AWAITING_APPROVAL: "an administrator must agree first",
    RequestStatus.DENIED: "an administrator said no",
}
OPEN = (RequestStatus.PENDING, RequestStatus.ENQUEUED, RequestStatus.DOWNLOADING)  # a job is to serve it
CHARGED = (*OPEN, RequestStatus.COMPLETED)  # its bytes are on their way or on the shelf
UNASKED = (RequestStatus.AWAITING_APPROVAL, RequestStatus.DENIED)  # as if nobody had asked: it counts for nothing
REQUEST_TOPIC = "request"  # the signal that a request waits for approval, or that somebody decided about it


def follow(job: JobStatus) -> RequestStatus | None:
    """The status a request takes when its job changes; None where it keeps what it has.

    A running job's requests become ``enqueued`` when the files are known and ``downloading`` when bytes move. What
    waits for approval follows no job.
    """
    return {
        JobStatus.QUEUED: RequestStatus.PENDING,
        JobStatus.PAUSED: RequestStatus.PENDING,
        JobStatus.SUCCEEDED: RequestStatus.COMPLETED,
        JobStatus.FAILED: RequestStatus.FAILED,
        JobStatus.CANCELLED: RequestStatus.CANCELLED,
    }.get(job)


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody asks for. ``include`` and ``exclude`` are shell patterns over paths; empty means all."""

    reference: Reference
    caller: Caller
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    priority: Priority = Priority.MEDIUM


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a download job has to bring; its payload in the jobs table.

    ``commit`` is None until the hub was asked. ``variant`` narrows the weights to one choice of them; None: all.
    ``grows``: clients of the mirror ask for its files one by one, and ``downloads.wants`` knows which.
    """

    hub: str
    kind: str
    repo: str
    revision: str | None
    commit: str | None
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    variant: str | None = None
    grows: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What is known about what is wanted before a job looks. ``gated``: the hub asks for the acceptance of a licence.

    ``files`` is the whole list of the revision; None where nobody could tell in time. ``has_safe_weights``: the
    revision has weights besides these files that are no pickles.
    """

    wanted: Wanted
    gated: bool = False
    files: Sequence[File] | None = None
    has_safe_weights: bool = False


@dataclass(frozen=True, slots=True)
class DownloadRequest:
    """One row of ``download_requests``: the 14 columns that others read, and ours."""

    id: int
    task_id: str
    artist: str | None
    album: str | None
    username: str
    vpn_ip: str
    status: RequestStatus
    timestamp: datetime
    slskd_username: str | None
    file_count: int | None
    completed_files: int
    total_size: int | None
    album_directory: str | None
    completed_at: datetime | None
    kind: str
    model: str | None
    revision: str | None
    job_id: str | None
    error: str | None
    identified_by: str
    principal: int
    agent: str | None
    entry: int | None
    source: str | None
    asked_as: str | None
    counted_at: datetime | None
