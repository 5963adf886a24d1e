"""The transaction of a request: it is on the shelf already, a job serves it, or a new job does."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from steelyard.catalog import revisions
from steelyard.catalog import store as catalog
from steelyard.catalog.errors import being_purged, deleted_meanwhile, inactive
from steelyard.catalog.models import FOLDER_HUB, Entry, File, FileState, Revision
from steelyard.catalog.service import refresh_status
from steelyard.catalog.summary import Tally, tally
from steelyard.downloads import store
from steelyard.downloads.errors import CoolingDown
from steelyard.downloads.local import only_from_folder
from steelyard.downloads.models import OPEN, Ask, RequestStatus, Wanted
from steelyard.downloads.payload import KIND, dedupe_key, name_of, ref_of, to_payload
from steelyard.downloads.plan import total_size
from steelyard.downloads.selection import chosen
from steelyard.jobs import store as jobs
from steelyard.jobs.models import Job, JobStatus, NewJob


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request. ``job_id`` is None when everything was here and its old job is forgotten."""

    task_id: str
    model: str
    revision: str | None
    job_id: str | None
    status: JobStatus
    position: int = 0

    @property
    def is_here(self) -> bool:
        """Whether nothing has to be fetched."""
        return self.status is JobStatus.SUCCEEDED


def file_request(
    connection: Connection, ask: Ask, wanted: Wanted, now: datetime, cooldown: timedelta
) -> tuple[Answer, Job | None]:
    """Write the request down; returns the answer, and the job when it is new.

    Raises CoolingDown, OnlyFromFolder, and what ``require_askable`` raises.
    """
    require_askable(catalog.find(connection, name_of(wanted)))
    complete = complete_revision(connection, wanted)
    if complete is not None:
        return _file_as_here(connection, ask, wanted, complete, now), None
    live = jobs.find_live(connection, dedupe_key(wanted))
    job = live or _new_job(connection, ask, wanted, now, cooldown)
    task_id = _attach(connection, ask, wanted, job, now)
    if job.subject is not None:
        refresh_status(connection, job.subject)
    position = jobs.position(connection, job) if job.status is JobStatus.QUEUED else 0
    answer = Answer(task_id, str(name_of(wanted)), wanted.commit, job.id, job.status, position)
    return answer, None if live else job


def file_refusal(connection: Connection, ask: Ask, wanted: Wanted, detail: str, now: datetime) -> None:
    """The hub refuses: the request is on record as failed, and no job is made."""
    more = {"error": detail, "completed_at": now, "revision": wanted.revision}
    store.insert(connection, ask, str(name_of(wanted)), RequestStatus.FAILED, now, source=wanted.hub, **more)


def complete_revision(connection: Connection, wanted: Wanted, *, in_trash: bool = False) -> Revision | None:
    """The revision, when every file of the wanted set is here; with ``in_trash`` also when a request brings it back."""
    entry = catalog.find(connection, name_of(wanted))
    if entry is None or wanted.commit is None:
        return None
    if entry.deleted_at is not None and not (in_trash and comes_back(entry)):
        return None
    revision = revisions.find(connection, entry.id, wanted.commit)
    if revision is None or revision.completed_at is None or revision.files_partial:
        return None
    chosen = _count(connection, wanted, revision)
    return revision if chosen.count and not chosen.missing else None


def comes_back(entry: Entry) -> bool:
    """Whether a request brings it back from the trash."""
    return entry.trash is not None and entry.trash.is_restorable and entry.active


def require_restorable(entry: Entry | None) -> None:
    """The same as ``require_askable`` before what is in the trash comes back."""
    if entry is None or not comes_back(entry):
        require_askable(entry)


def require_servable(connection: Connection, wanted: Wanted, now: datetime, cooldown: timedelta) -> None:
    """Whether ``file_request`` would take the request if its model came back from the trash. Raises what that raises.

    A model shall not come back for a request that is refused.
    """
    require_restorable(catalog.find(connection, name_of(wanted)))
    is_here = complete_revision(connection, wanted, in_trash=True) is not None
    if not is_here and jobs.find_live(connection, dedupe_key(wanted)) is None:
        _require_new_job(connection, wanted, now, cooldown)


def require_askable(entry: Entry | None) -> None:
    """Whether a request for this entry can be served. Raises ModelInactive, ModelDeleted.

    What is in the trash was restored before; if it lies there now, somebody has deleted it in between.
    """
    if entry is None or (entry.trash is not None and entry.trash.is_purged):
        return
    if not entry.active:
        raise inactive(str(entry.name), in_trash=entry.trash is not None)
    if entry.trash is not None:
        name = str(entry.name)
        raise deleted_meanwhile(name) if entry.trash.is_restorable else being_purged(name)


def chosen_files(connection: Connection, wanted: Wanted, revision: Revision) -> list[File]:
    """The files of a revision that a request wants."""
    return chosen(revisions.list_files(connection, revision.id), wanted)


def _count(connection: Connection, wanted: Wanted, revision: Revision) -> Tally:
    """A request for everything needs no list of files: that took 0.04 s each time for 3,000 of them."""
    if not wanted.include and not wanted.exclude and wanted.variant is None:
        return tally(connection, revision.id)
    files = chosen_files(connection, wanted, revision)
    return Tally(len(files), total_size(files), sum(1 for file in files if file.state is FileState.LISTED))


def _file_as_here(connection: Connection, ask: Ask, wanted: Wanted, revision: Revision, now: datetime) -> Answer:
    files, model = _count(connection, wanted, revision), str(name_of(wanted))
    job_id = revision.job if revision.job and jobs.get(connection, revision.job) else None
    name = ref_of(wanted)
    if name is not None:
        revisions.set_ref(connection, revision.entry, name, revision.commit, now)
    task_id = store.insert(
        connection, ask, model, RequestStatus.PENDING, now, source=wanted.hub, entry=revision.entry,
        revision=revision.commit, ref=name, job_id=job_id, file_count=files.count, total_size=files.size,
    )  # fmt: skip
    is_use = store.complete(connection, store.require(connection, task_id), revision.commit, now)
    catalog.count_download(connection, revision.entry, now, is_use=is_use)
    return Answer(task_id, model, revision.commit, job_id, JobStatus.SUCCEEDED)


def _new_job(connection: Connection, ask: Ask, wanted: Wanted, now: datetime, cooldown: timedelta) -> Job:
    _require_new_job(connection, wanted, now, cooldown)
    entry = catalog.ensure(connection, name_of(wanted), ask.caller.name, now)
    new = NewJob(
        kind=KIND, dedupe_key=dedupe_key(wanted), payload=to_payload(wanted), model=str(entry.name),
        revision=wanted.commit, subject=entry.id, requested_by=ask.caller.name, priority=ask.priority,
    )  # fmt: skip
    return jobs.insert(connection, new, now)


def _require_new_job(connection: Connection, wanted: Wanted, now: datetime, cooldown: timedelta) -> None:
    """Raises OnlyFromFolder, CoolingDown."""
    if wanted.hub == FOLDER_HUB:
        raise only_from_folder(wanted.repo)
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


def _attach(connection: Connection, ask: Ask, wanted: Wanted, job: Job, now: datetime) -> str:
    """A request joins its job where the job's other requests stand."""
    others = [other for other in store.of_job(connection, job.id) if other.status in OPEN]
    like = others[0] if others else None
    return store.insert(
        connection, ask, str(name_of(wanted)), like.status if like else RequestStatus.PENDING, now,
        source=wanted.hub, job_id=job.id, revision=wanted.commit, ref=ref_of(wanted), entry=job.subject,
        file_count=like.file_count if like else None, total_size=like.total_size if like else None,
        completed_files=like.completed_files if like else 0,
    )  # fmt: skip
