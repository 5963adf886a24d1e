"""Where a request comes to stand: on the shelf, or on a job. The columns of its row, and new jobs."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from steelyard.catalog import revisions
from steelyard.catalog import store as catalog
from steelyard.catalog.models import LOCAL_HUBS, Revision
from steelyard.downloads import counting, store
from steelyard.downloads.errors import CoolingDown
from steelyard.downloads.local import nobody_brings
from steelyard.downloads.models import OPEN, RequestStatus, Wanted
from steelyard.downloads.onshelf import tally_of
from steelyard.downloads.payload import KIND, dedupe_key, name_of, ref_of, to_payload
from steelyard.downloads.settings import DownloadSettings
from steelyard.jobs import store as jobs
from steelyard.jobs.models import Job, JobStatus, NewJob, Priority


def here(connection: Connection, wanted: Wanted, revision: Revision, now: datetime) -> dict[str, Any]:
    """The columns of a request for what is on the shelf; the branch or tag of it means this revision now."""
    files = tally_of(connection, wanted, revision)
    job_id = revision.job if revision.job and jobs.get(connection, revision.job) else None
    name = ref_of(wanted)
    if name is not None:
        revisions.set_ref(connection, revision.entry, name, revision.commit, now)
    return {
        "entry": revision.entry, "revision": revision.commit, "ref": name, "job_id": job_id,
        "file_count": files.count, "total_size": files.size,
    }  # fmt: skip


def complete(connection: Connection, task_id: str, revision: Revision, now: datetime) -> None:
    """A request for what is on the shelf ends well, and counts."""
    is_use = counting.complete(connection, store.require(connection, task_id), revision.commit, now)
    catalog.count_download(connection, revision.entry, now, is_use=is_use)


def standing(connection: Connection, wanted: Wanted, job: Job, size: int | None) -> dict[str, Any]:
    """The columns of a request that joins a job, where the job's others stand. ``size`` is what a new job brings."""
    others = [other for other in store.of_job(connection, job.id) if other.status in OPEN]
    like = others[0] if others else None
    return {
        "status": (like.status if like else RequestStatus.PENDING).value, "job_id": job.id, "brings": True,
        "revision": wanted.commit, "ref": ref_of(wanted), "entry": job.subject,
        "file_count": like.file_count if like else None, "total_size": like.total_size if like else size,
        "completed_files": like.completed_files if like else 0,
    }  # fmt: skip


def begin(
    connection: Connection, wanted: Wanted, by: str, priority: Priority, now: datetime, rules: DownloadSettings
) -> Job:
    """A new job, and its entry if need be; ``by`` wants it. Raises what ``require_new_job`` raises, ModelDeleted."""
    require_new_job(connection, wanted, now, timedelta(seconds=rules.cooldown_seconds))
    before = catalog.find(connection, name_of(wanted))
    if before is not None and before.trash is not None and before.trash.is_purged:
        store.discharge(connection, before.id)
    entry = catalog.ensure(connection, name_of(wanted), by, now)
    new = NewJob(
        kind=KIND, dedupe_key=dedupe_key(wanted), payload=to_payload(wanted), model=str(entry.name),
        revision=wanted.commit, subject=entry.id, requested_by=by, priority=priority,
    )  # fmt: skip
    return jobs.insert(connection, new, now)


def require_new_job(connection: Connection, wanted: Wanted, now: datetime, cooldown: timedelta) -> None:
    """Raises OnlyFromFolder, CoolingDown."""
    if wanted.hub in LOCAL_HUBS:
        raise nobody_brings(wanted.hub, wanted.repo)
    last = jobs.find_last(connection, dedupe_key(wanted))
    if last is None or last.status is not JobStatus.FAILED or last.finished_at is None:
        return
    left = last.finished_at + cooldown - now
    if left > timedelta(0):
        reason = last.fault.detail if last.fault else "it failed"
        raise CoolingDown(
            f"The last try failed a moment ago: {reason}",
            hint=f"Mend the cause and POST /jobs/{last.id}/retry, or ask again later.",
            retry_after=left.total_seconds(),
        )
