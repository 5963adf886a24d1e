"""The download job: resolve, list, deliver, shelve; and how its requests follow it."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from steelyard.catalog import revisions
from steelyard.catalog import store as catalog
from steelyard.catalog.models import Entry, File, FileState, FirstDownload, Revision
from steelyard.catalog.service import refresh_status
from steelyard.core.signals import Signals
from steelyard.downloads import claims, store
from steelyard.downloads.delivery import Delivery, Target
from steelyard.downloads.errors import NothingSelected
from steelyard.downloads.filing import chosen_files
from steelyard.downloads.listing import require_placeable, to_files
from steelyard.downloads.models import OPEN, DownloadRequest, RequestStatus, Wanted, follow
from steelyard.downloads.patience import patiently
from steelyard.downloads.payload import from_payload, name_of, ref_of
from steelyard.downloads.plan import Blob, blobs_of, total_size
from steelyard.downloads.presence import is_there
from steelyard.downloads.selection import select
from steelyard.downloads.tools import Tools
from steelyard.jobs import store as jobs
from steelyard.jobs.context import JobContext
from steelyard.jobs.models import Job, JobStatus
from steelyard.sources.protocol import Repository, Source
from steelyard.sources.registry import Sources
from steelyard.storage.layout import RepoFolder
from steelyard.usage.events import Event, EventType
from steelyard.usage.recorder import Recorder

MODEL_TOPIC = "model"
logger = logging.getLogger(__name__)


class DownloadKind:
    """Registered with the jobs room as ``download``."""

    def __init__(self, tools: Tools, sources: Sources, recorder: Recorder, signals: Signals) -> None:
        self._tools = tools
        self._sources = sources
        self._recorder = recorder
        self._signals = signals

    async def run(self, context: JobContext) -> None:
        """Bring what the job's payload asks for. Raises what Delivery raises, and NothingSelected."""
        wanted = from_payload(context.job.payload)
        source = self._sources.get(wanted.hub)
        wanted = await self._resolve(context, source, wanted)
        entry, revision = await self._shelve(context, wanted)
        listed = await self._list_files(context, source, wanted, revision)
        target = Target(entry.name, revision, _selected(listed, wanted))
        await context.write(lambda connection: _planned(connection, context.job, target.files))
        _log_start(context.job, target)
        await Delivery(self._tools, source, target, context).run()
        await self._complete(context, wanted, target)

    def settle(self, connection: Connection, job: Job) -> None:
        """Requests and the entry follow the job, in its transaction."""
        if job.status is not JobStatus.RUNNING:
            claims.release_all(connection, job.id)
        if job.status is JobStatus.QUEUED:
            store.reopen(connection, job.id)
        self._settle_requests(connection, job)
        if job.subject is not None:
            refresh_status(connection, job.subject)

    async def may_resume(self, job: Job) -> bool:
        """Whether the disk has room for the blobs that are missing."""
        storage = self._tools.storage
        missing = await self._tools.database.read(lambda connection: _missing(connection, job))
        needed = sum(max(0, blob.size - storage.part_size(blob.digest)) for blob in missing)
        return storage.free_bytes() - self._tools.keep_free > needed

    async def after(self, job: Job) -> None:
        """Tell the log, the usage log and the pages."""
        self._signals.publish(MODEL_TOPIC, str(job.subject))
        _log_end(job)
        if job.status is JobStatus.SUCCEEDED:
            for request in await self._tools.database.read(lambda connection: store.of_job(connection, job.id)):
                if request.completed_at == job.finished_at:  # a later shelf hit has told of itself
                    await self._recorder.record(download_event(request))

    def _settle_requests(self, connection: Connection, job: Job) -> None:
        status = follow(job.status)
        if status is RequestStatus.COMPLETED:
            self._complete_requests(connection, job)
        elif status is not None:
            ended = None if job.is_live else job.finished_at
            error = job.fault.detail if job.fault else None
            store.update_open(connection, job.id, status=status.value, error=error, completed_at=ended)

    def _complete_requests(self, connection: Connection, job: Job) -> None:
        now = job.finished_at or self._tools.clock.now()
        waiting = [request for request in store.of_job(connection, job.id) if request.status in OPEN]
        for request in waiting:
            is_use = store.complete(connection, request, job.revision, now)
            if job.subject is not None:
                catalog.count_download(connection, job.subject, now, is_use=is_use)
        if waiting and job.subject is not None:
            catalog.set_first_download(connection, job.subject, first_of(waiting))

    async def _resolve(self, context: JobContext, source: Source, wanted: Wanted) -> Wanted:
        if wanted.commit is not None:
            return wanted
        repository = Repository(name_of(wanted).kind, wanted.repo)
        found = await patiently(lambda: source.resolve(repository, wanted.revision), self._tools.settings, context)
        return replace(wanted, repo=found.repository.name, commit=found.commit)

    async def _shelve(self, context: JobContext, wanted: Wanted) -> tuple[Entry, Revision]:
        commit, now = wanted.commit or "", self._tools.clock.now()

        def shelve(connection: Connection) -> tuple[Entry, Revision]:
            entry = catalog.ensure(connection, name_of(wanted), context.job.requested_by, now)
            revision = revisions.ensure(connection, entry.id, commit, now)
            jobs.describe(connection, context.job.claim, model=str(entry.name), revision=commit, subject=entry.id)
            store.update_open(connection, context.job.id, entry=entry.id, model=str(entry.name), revision=commit)
            if context.job.subject not in {None, entry.id}:  # the hub knows the repository under another name now
                catalog.remove_if_empty(connection, context.job.subject)
            return entry, revision

        return await context.write(shelve)

    async def _list_files(self, context: JobContext, source: Source, wanted: Wanted, revision: Revision) -> list[File]:
        known = await context.read(lambda connection: revisions.list_files(connection, revision.id))
        if known:
            return await self._tools.run(lambda: self._as_on_disk(wanted, known))
        repository = Repository(name_of(wanted).kind, wanted.repo)
        listed = await patiently(lambda: source.list_files(repository, revision.commit), self._tools.settings, context)
        files = to_files(listed)
        await context.write(lambda connection: revisions.add_files(connection, revision.id, files))
        return files

    def _as_on_disk(self, wanted: Wanted, files: list[File]) -> list[File]:
        """The table's files; those that somebody took out of the store count as not here."""
        storage, folder = self._tools.storage, RepoFolder(name_of(wanted).kind, wanted.repo)
        commit = wanted.commit or ""
        return [
            file if is_there(storage, folder, commit, file) else replace(file, state=FileState.LISTED) for file in files
        ]

    async def _complete(self, context: JobContext, wanted: Wanted, target: Target) -> None:
        """The reference is written last: a reader who sees it finds every file."""
        commit, now, entry = target.revision.commit, self._tools.clock.now(), target.revision.entry
        asked = await context.read(lambda connection: _refs_to_write(connection, context.job, wanted, entry))
        await self._tools.run(lambda: self._write_refs(target, asked))

        def complete(connection: Connection) -> None:
            revisions.complete(connection, target.revision.id, context.job.id, now)
            for name, asked_at in asked.items():
                revisions.set_ref(connection, entry, name, commit, asked_at)

        await context.write(complete)

    def _write_refs(self, target: Target, names: Collection[str]) -> None:
        for name in names:
            self._tools.storage.write_ref(target.folder, name, target.revision.commit)


def first_of(requests: list[DownloadRequest]) -> FirstDownload:
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


def _selected(files: list[File], wanted: Wanted) -> list[File]:
    paths = set(select([file.path for file in files], wanted.include, wanted.exclude))
    chosen = [file for file in files if file.path in paths]
    if not files:
        raise NothingSelected("The repository has no files.", hint="Ask its owner, or pull another revision.")
    if not chosen:
        some = ", ".join(file.path for file in files[:5])
        raise NothingSelected("No file matches what was asked for.", hint=f"The repository has for example: {some}.")
    require_placeable(chosen)
    return chosen


def _refs_to_write(connection: Connection, job: Job, wanted: Wanted, entry: int) -> dict[str, datetime]:
    """The branches and tags by which the job was asked for, and when; not those that were asked for again since."""
    own = ref_of(wanted)
    asked = ({own: job.created_at} if own else {}) | store.refs_of_job(connection, job.id)
    return {name: at for name, at in asked.items() if revisions.is_newest_ref(connection, entry, name, at)}


def _missing(connection: Connection, job: Job) -> list[Blob]:
    if job.subject is None or job.revision is None:
        return []
    revision = revisions.find(connection, job.subject, job.revision)
    chosen = chosen_files(connection, from_payload(job.payload), revision) if revision else []
    return [blob for blob in blobs_of(chosen) if not blob.here]


def _planned(connection: Connection, job: Job, files: Sequence[File]) -> None:
    here = sum(len(blob.paths) for blob in blobs_of(files) if blob.here)
    values = {"file_count": len(files), "total_size": total_size(files), "completed_files": here, "error": None}
    store.update_open(connection, job.id, status=RequestStatus.ENQUEUED.value, **values)


def _log_start(job: Job, target: Target) -> None:
    facts = {"job_id": job.id, "attempt": job.attempt, "files": len(target.files), "bytes": total_size(target.files)}
    logger.info("download begins: %s", target.entry, extra=facts)


def _log_end(job: Job) -> None:
    took = (job.finished_at - job.started_at).total_seconds() if job.finished_at and job.started_at else 0.0
    facts = {"job_id": job.id, "bytes": job.progress.downloaded_bytes, "seconds": round(took, 1)}
    if job.fault is not None:
        facts |= {"error": job.fault.detail}
    level = logging.WARNING if job.status is JobStatus.FAILED else logging.INFO
    logger.log(level, "download %s: %s", job.status.value, job.model, extra=facts)
