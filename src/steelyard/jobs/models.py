"""A job and its states."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any


class JobStatus(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def meaning(self) -> str:
        """What the word means, in one line."""
        return _MEANINGS[self]


_MEANINGS = {
    JobStatus.QUEUED: "waits for a free worker, or for the time of its next try",
    JobStatus.RUNNING: "a worker holds its lease and works on it",
    JobStatus.PAUSED: "somebody paused it, or it waits for disk space; nothing is lost",
    JobStatus.SUCCEEDED: "done, and everything it promised is in place",
    JobStatus.FAILED: "it gave up; the error says why and the hint what to do",
    JobStatus.CANCELLED: "somebody asked for it to stop, or an administrator must agree first",
}

LIVE = (JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.PAUSED)
FINAL = (JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED)


class PauseReason(StrEnum):
    """Who stopped it: a person's pause ends by a person, a full disk by itself."""

    PERSON = "person"
    DISK = "disk"


class Priority(IntEnum):
    """Higher goes first."""

    LOW = 0
    MEDIUM = 10
    HIGH = 20

    @property
    def word(self) -> str:
        """As written in answers."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> "Priority":
        """The priority of a word. Raises KeyError."""
        return cls[word.upper()]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is. Bytes count what is verified or safely in a part file."""

    downloaded_bytes: int = 0
    total_bytes: int | None = None
    bytes_per_second: float | None = None
    current_file: str | None = None


@dataclass(frozen=True, slots=True)
class JobFault:
    """Why a job failed or waits: a stable slug, what happened, and what to do."""

    slug: str
    detail: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a job: valid while the row is running under this very attempt."""

    job_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class NewJob:
    """What a room hands in to have work done.

    ``dedupe_key`` is unique among live jobs; ``subject`` is the key of whatever the job is about, for look-ups.
    """

    kind: str
    dedupe_key: str
    payload: Mapping[str, Any]
    model: str | None = None
    revision: str | None = None
    subject: int | None = None
    requested_by: str | None = None
    priority: Priority = Priority.MEDIUM


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the table. Times are UTC; ``failures`` counts tries that failed in a row."""

    id: str
    kind: str
    dedupe_key: str
    payload: dict[str, Any]
    model: str | None
    revision: str | None
    subject: int | None
    requested_by: str | None
    priority: Priority
    status: JobStatus
    pause_reason: PauseReason | None
    attempt: int
    failures: int
    lease_owner: str | None
    lease_until: datetime | None
    not_before: datetime
    progress: Progress
    fault: JobFault | None
    created_at: datetime
    started_at: datetime | None
    updated_at: datetime
    finished_at: datetime | None

    @property
    def claim(self) -> Claim:
        """The claim that the current attempt holds."""
        return Claim(self.id, self.attempt)

    @property
    def is_live(self) -> bool:
        """Whether it may still change by itself."""
        return self.status in LIVE
