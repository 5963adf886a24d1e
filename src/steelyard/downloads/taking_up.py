"""An administrator agreed to a request: it goes on."""

from datetime import datetime

from sqlalchemy import Connection

from steelyard.catalog import store as catalog
from steelyard.catalog.errors import missing
from steelyard.catalog.service import refresh_status
from steelyard.downloads import clearances, placing, store
from steelyard.downloads.clearances import Clearance
from steelyard.downloads.filing import Answer
from steelyard.downloads.models import DownloadRequest
from steelyard.downloads.onshelf import complete_revision, require_askable
from steelyard.downloads.payload import dedupe_key, name_of
from steelyard.downloads.settings import DownloadSettings
from steelyard.downloads.verdict import load_of
from steelyard.downloads.waiting import Approval
from steelyard.jobs import store as jobs
from steelyard.jobs.models import Job, JobStatus


def take_up(
    connection: Connection, request: DownloadRequest, approval: Approval, now: datetime, rules: DownloadSettings
) -> tuple[Answer, Job | None]:
    """An administrator agreed: the request goes on as if it was asked now. Returns and raises as ``file_request``."""
    wanted, model = approval.wanted, approval.model
    entry = catalog.find(connection, name_of(wanted))
    if entry is not None and entry.private and entry.owner != request.username:
        raise missing(model)
    require_askable(entry)
    complete = complete_revision(connection, wanted)
    if complete is not None:
        store.change(connection, request.task_id, **placing.here(connection, wanted, complete, now))
        placing.complete(connection, request.task_id, complete, now)
        return Answer(request.task_id, model, complete.commit, complete.job, JobStatus.SUCCEEDED), None
    live = jobs.find_live(connection, dedupe_key(wanted))
    job = live
    if job is None:
        load = load_of(connection, entry, None)
        job = placing.begin(connection, wanted, request.username, approval.priority, now, rules)
        clearances.add(connection, job.id, Clearance.APPROVAL, load.base, approval.size or 0)
    else:
        clearances.clear(connection, job.id, Clearance.APPROVAL)
    standing = placing.standing(connection, wanted, job, None if live else approval.size)
    store.change(connection, request.task_id, **standing, error=None, completed_at=None)
    if job.subject is not None:
        refresh_status(connection, job.subject)
    return Answer(request.task_id, model, wanted.commit, job.id, job.status), None if live else job
