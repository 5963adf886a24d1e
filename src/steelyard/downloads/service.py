"""What people can do with requests: ask, look, call off."""

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Connection

from steelyard.catalog import revisions
from steelyard.catalog import store as catalog
from steelyard.catalog.models import Entry, EntryName, FileState, Revision
from steelyard.catalog.service import find, refresh_status
from steelyard.core.clock import Clock
from steelyard.core.errors import NotFound, SteelyardError
from steelyard.core.signals import Signals
from steelyard.db.database import Database
from steelyard.downloads import store
from steelyard.downloads.errors import CoolingDown, RequestEnded, RequestMissing
from steelyard.downloads.kind import DEFAULT_REVISION, MODEL_TOPIC, download_event
from steelyard.downloads.models import OPEN, Ask, DownloadRequest, RequestStatus, Wanted
from steelyard.downloads.payload import KIND, dedupe_key, name_of, to_payload
from steelyard.downloads.resolve import Resolver
from steelyard.downloads.selection import select
from steelyard.downloads.settings import DownloadSettings
from steelyard.downloads.store import RequestFilter
from steelyard.jobs import store as jobs
from steelyard.jobs.models import Job, JobStatus, NewJob
from steelyard.jobs.service import JobService
from steelyard.sources.errors import UpstreamBusy, UpstreamUnavailable
from steelyard.sources.protocol import Repository
from steelyard.sources.registry import Sources
from steelyard.usage.recorder import Recorder

_SOURCE = "huggingface"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request. ``job`` is None when everything was here and its old job is forgotten."""

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


class DownloadService:
    """Requests and their jobs. Each verb is one transaction; then the queue, the log and the pages hear of it."""

    def __init__(
        self,
        database: Database,
        sources: Sources,
        job_service: JobService,
        recorder: Recorder,
        signals: Signals,
        clock: Clock,
        settings: DownloadSettings,
    ) -> None:
        self._database = database
        self._sources = sources
        self._jobs = job_service
        self._recorder = recorder
        self._signals = signals
        self._clock = clock
        self._settings = settings
        self._resolver = Resolver(settings.resolve_seconds)

    async def ask(self, ask: Ask) -> Answer:
        """Record a request and see that a job serves it.

        Raises CoolingDown, and at once what the hub says for good: RepositoryMissing, RevisionMissing, AccessRefused.
        """
        wanted = await self._wanted(ask)
        answer, job = await self._database.write(lambda connection: self._file(connection, ask, wanted))
        if job is not None:
            await self._jobs.dispatch(job)
        if answer.is_here:
            await self._recorder.record(download_event(await self.get(answer.task_id)))
        self._signals.publish(MODEL_TOPIC, answer.model)
        return answer

    async def get(self, task_id: str) -> DownloadRequest:
        """One request. Raises RequestMissing."""
        return await self._database.read(lambda connection: _required(connection, task_id))

    async def list_page(self, wanted: RequestFilter, limit: int, offset: int) -> tuple[int, list[DownloadRequest]]:
        """The true total and one page, newest first."""
        return await self._database.read(lambda connection: store.list_page(connection, wanted, limit, offset))

    async def askers(self, job_ids: list[str]) -> dict[str, list[str]]:
        """Who waits on which job, the earliest first."""
        return await self._database.read(lambda connection: store.askers(connection, job_ids))

    async def cancel(self, task_id: str) -> DownloadRequest:
        """Call a request off. The others on its job keep theirs; after the last one the job stops.

        Raises RequestMissing, RequestEnded.
        """

        def detach(connection: Connection) -> str | None:
            request = _required(connection, task_id)
            if request.status not in OPEN:
                raise RequestEnded(
                    f"Request {task_id} is {request.status.value} and cannot be cancelled.",
                    hint=f"GET /api/v1/downloads/request/{task_id}",
                )
            store.detach(connection, task_id, self._clock.now())
            others = store.of_job(connection, request.job_id) if request.job_id else []
            return request.job_id if not any(other.status in OPEN for other in others) else None

        lonely = await self._database.write(detach)
        if lonely is not None:
            await self._jobs.cancel(lonely)
        self._signals.publish(MODEL_TOPIC, task_id)
        return await self.get(task_id)

    async def _wanted(self, ask: Ask) -> Wanted:
        """The request made exact: asks the hub for the commit unless the request pins one that is known."""
        entry = await self._database.read(lambda connection: find(connection, ask.reference))
        if entry is None and ask.reference.entry_key is not None:
            raise NotFound(f"No model has the id {ask.reference.name}.", hint="GET /api/models lists them.")
        name = entry.name if entry else EntryName(_SOURCE, ask.reference.kind, ask.reference.name)
        revision = ask.reference.revision
        wanted = Wanted(name.hub, name.kind.value, name.repo, revision, None, tuple(ask.include), tuple(ask.exclude))
        commit = ask.reference.commit
        if commit is not None and entry is not None and await self._knows(entry, commit):
            return _pinned(wanted, name.repo, commit)
        return await self._ask_hub(ask, wanted, entry)

    async def _knows(self, entry: Entry, commit: str) -> bool:
        found = await self._database.read(lambda connection: revisions.find(connection, entry.id, commit))
        return found is not None

    async def _ask_hub(self, ask: Ask, wanted: Wanted, entry: Entry | None) -> Wanted:
        source = self._sources.get(wanted.hub)
        repository = Repository(ask.reference.kind if entry is None else entry.name.kind, wanted.repo)
        try:
            found = await self._resolver.resolve(source, repository, wanted.revision)
        except (UpstreamUnavailable, UpstreamBusy):
            found = None
        except SteelyardError as error:
            await self._write_refusal(ask, wanted, error)
            raise
        if found is not None:
            return _pinned(wanted, found.repository.name, found.commit)
        return await self._from_memory(wanted, entry)

    async def _from_memory(self, wanted: Wanted, entry: Entry | None) -> Wanted:
        """The hub does not answer: what the revision meant last time will do if all of it is here."""
        if entry is None:
            return wanted
        name = wanted.revision or DEFAULT_REVISION

        def remember(connection: Connection) -> Wanted:
            commit = revisions.ref(connection, entry.id, name)
            remembered = _pinned(wanted, wanted.repo, commit) if commit else wanted
            return remembered if _complete_revision(connection, remembered) else wanted

        return await self._database.read(remember)

    async def _write_refusal(self, ask: Ask, wanted: Wanted, error: SteelyardError) -> None:
        now, model = self._clock.now(), str(name_of(wanted))
        detail = error.detail

        def refuse(connection: Connection) -> None:
            store.insert(
                connection, ask, model, RequestStatus.FAILED, now,
                error=detail, completed_at=now, revision=wanted.revision,
            )  # fmt: skip

        await self._database.write(refuse)

    def _file(self, connection: Connection, ask: Ask, wanted: Wanted) -> tuple[Answer, Job | None]:
        """The transaction of a request: it is here, or a job serves it, or a new job does."""
        complete = _complete_revision(connection, wanted)
        if complete is not None:
            return self._already_here(connection, ask, wanted, complete), None
        live = jobs.find_live(connection, dedupe_key(wanted))
        job = live or self._new_job(connection, ask, wanted)
        task_id = self._attach(connection, ask, wanted, job)
        if job.subject is not None:
            refresh_status(connection, job.subject)
        position = jobs.position(connection, job) if job.status is JobStatus.QUEUED else 0
        answer = Answer(task_id, str(name_of(wanted)), wanted.commit, job.id, job.status, position)
        return answer, None if live else job

    def _new_job(self, connection: Connection, ask: Ask, wanted: Wanted) -> Job:
        now = self._clock.now()
        self._refuse_while_cooling(connection, wanted)
        entry = catalog.ensure(connection, name_of(wanted), ask.caller.name, now)
        new = NewJob(
            kind=KIND, dedupe_key=dedupe_key(wanted), payload=to_payload(wanted), model=str(entry.name),
            revision=wanted.commit, subject=entry.id, requested_by=ask.caller.name, priority=ask.priority,
        )  # fmt: skip
        return jobs.insert(connection, new, now)

    def _refuse_while_cooling(self, connection: Connection, wanted: Wanted) -> None:
        last = jobs.find_last(connection, dedupe_key(wanted))
        if last is None or last.status is not JobStatus.FAILED or last.finished_at is None:
            return
        left = last.finished_at + timedelta(seconds=self._settings.cooldown_seconds) - self._clock.now()
        if left > timedelta(0):
            reason = last.fault.detail if last.fault else "it failed"
            raise CoolingDown(
                f"The last try failed a moment ago: {reason}",
                hint=f"Mend the cause and POST /jobs/{last.id}/retry, or ask again later.",
                retry_after=left.total_seconds(),
            )

    def _attach(self, connection: Connection, ask: Ask, wanted: Wanted, job: Job) -> str:
        others = store.of_job(connection, job.id)
        like = next((other for other in others if other.status in OPEN), None)
        shared = {
            "file_count": like.file_count, "total_size": like.total_size, "completed_files": like.completed_files
        } if like else {}  # fmt: skip
        status = like.status if like else RequestStatus.PENDING
        return store.insert(
            connection, ask, str(name_of(wanted)), status, self._clock.now(),
            job_id=job.id, revision=wanted.commit, entry=job.subject, **shared,
        )  # fmt: skip

    def _already_here(self, connection: Connection, ask: Ask, wanted: Wanted, revision: Revision) -> Answer:
        now, model = self._clock.now(), str(name_of(wanted))
        files = _selected_files(connection, wanted, revision)
        task_id = store.insert(
            connection, ask, model, RequestStatus.PENDING, now, entry=revision.entry, revision=revision.commit,
            job_id=revision.job, file_count=len(files), total_size=sum(files.values()),
        )  # fmt: skip
        is_use = store.complete(connection, _required(connection, task_id), revision.commit, now)
        catalog.count_download(connection, revision.entry, now, is_use=is_use)
        return Answer(task_id, model, revision.commit, revision.job, JobStatus.SUCCEEDED)


def _pinned(wanted: Wanted, repo: str, commit: str) -> Wanted:
    return replace(wanted, repo=repo, commit=commit)


def _complete_revision(connection: Connection, wanted: Wanted) -> Revision | None:
    """The revision, when every file of the wanted set is here."""
    entry = catalog.find(connection, name_of(wanted))
    revision = revisions.find(connection, entry.id, wanted.commit) if entry and wanted.commit else None
    if entry is None or revision is None or revision.completed_at is None or entry.deleted_at is not None:
        return None
    listed = revisions.list_files(connection, revision.id)
    here = {file.path for file in listed if file.state is not FileState.LISTED}
    chosen = select([file.path for file in listed], wanted.include, wanted.exclude)
    return revision if chosen and here.issuperset(chosen) else None


def _selected_files(connection: Connection, wanted: Wanted, revision: Revision) -> dict[str, int]:
    listed = {file.path: file.size for file in revisions.list_files(connection, revision.id)}
    return {path: listed[path] for path in select(listed, wanted.include, wanted.exclude)}


def _required(connection: Connection, task_id: str) -> DownloadRequest:
    request = store.get(connection, task_id)
    if request is None:
        raise RequestMissing(
            f"No request has the id {task_id[:80]!r}.", hint="GET /api/v1/downloads/history lists them."
        )
    return request
