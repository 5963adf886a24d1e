"""Somebody else's download brought what waiting requests ask for: there is nothing left to decide."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from steelyard.catalog import store as catalog
from steelyard.catalog.models import Entry
from steelyard.downloads import counting, store, waiting
from steelyard.downloads.models import DownloadRequest, Wanted
from steelyard.downloads.onshelf import complete_revision, tally_of
from steelyard.downloads.payload import from_payload
from steelyard.downloads.waiting import Approval, ApprovalState
from steelyard.jobs.models import Job


def overtake(connection: Connection, job: Job, now: datetime) -> None:
    """Complete the waiting requests for what a job has brought; of a private model only its owner's."""
    entry = None if job.subject is None else catalog.get(connection, job.subject)
    if entry is None:
        return
    for approval in waiting.for_model(connection, str(entry.name)):
        request = store.require(connection, approval.task_id)
        if not entry.private or entry.owner == request.username:
            _complete(connection, approval, request, entry, job, now)


def _complete(
    connection: Connection, approval: Approval, request: DownloadRequest, entry: Entry, job: Job, now: datetime
) -> None:
    wanted = _made_exact(approval.wanted, job)
    revision = complete_revision(connection, wanted)
    if revision is None or revision.entry != entry.id:
        return
    waiting.settle(connection, approval.task_id, ApprovalState.OVERTAKEN, None, None, now)
    files = tally_of(connection, wanted, revision)
    store.change(
        connection, request.task_id, job_id=job.id, entry=entry.id, file_count=files.count, total_size=files.size
    )
    is_use = counting.complete(connection, replace(request, entry=entry.id), revision.commit, now)
    catalog.count_download(connection, entry.id, now, is_use=is_use)


def _made_exact(wanted: Wanted, job: Job) -> Wanted:
    """A branch or tag that was asked for while the hub was silent means what the job found out."""
    if wanted.commit is None and wanted.revision == from_payload(job.payload).revision:
        return replace(wanted, commit=job.revision)
    return wanted
