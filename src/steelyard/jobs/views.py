"""A job as answers show it."""

import json
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

from steelyard.core.clock import iso
from steelyard.jobs.models import Job, JobStatus

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_CONTENT_BITS = 12


def job_json(job: Job) -> dict[str, Any]:
    """The shape of ``GET /jobs/{id}``; other programs rely on its names."""
    progress = job.progress
    return {
        "id": job.id,
        "kind": job.kind,
        "model": job.model,
        "revision": job.revision,
        "status": job.status.value,
        "progress": fraction(job),
        "downloaded_bytes": progress.downloaded_bytes,
        "total_bytes": progress.total_bytes,
        "bytes_per_second": progress.bytes_per_second,
        "eta_seconds": eta_seconds(job),
        "current_file": progress.current_file,
        "attempt": job.attempt,
        "priority": job.priority.word,
        "requested_by": job.requested_by,
        "pause_reason": job.pause_reason.value if job.pause_reason else None,
        "error": job.fault.detail if job.fault else None,
        "hint": job.fault.hint if job.fault else None,
        "created_at": iso(job.created_at),
        "started_at": iso(job.started_at) if job.started_at else None,
        "updated_at": iso(job.updated_at),
        "finished_at": iso(job.finished_at) if job.finished_at else None,
    }


def job_version(job: Job) -> str:
    """The id of this state of the job in streams, the same on every server: a number that rises with each change.

    Its last bits are drawn from what is shown, so that two changes in one microsecond are told apart.
    """
    content = json.dumps(job_json(job), sort_keys=True).encode()
    moment = (job.updated_at - _EPOCH) // timedelta(microseconds=1)
    return str(moment << _CONTENT_BITS | zlib.crc32(content) & (1 << _CONTENT_BITS) - 1)


def fraction(job: Job) -> float:
    """From 0.0 to 1.0, exact: bytes of the tree's total."""
    if job.status is JobStatus.SUCCEEDED:
        return 1.0
    total = job.progress.total_bytes
    return min(1.0, job.progress.downloaded_bytes / total) if total else 0.0


def eta_seconds(job: Job) -> float | None:
    """Seconds left at the present speed; None when nothing moves."""
    progress = job.progress
    if job.status is not JobStatus.RUNNING or progress.total_bytes is None or not progress.bytes_per_second:
        return None
    return round((progress.total_bytes - progress.downloaded_bytes) / progress.bytes_per_second, 1)
