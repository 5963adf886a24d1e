"""What people can do with requests: ask, look, call off."""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from steelyard.catalog import rights
from steelyard.catalog import store as catalog
from steelyard.catalog.models import MODEL_TOPIC, Entry
from steelyard.catalog.service import find_any
from steelyard.catalog.trash import TrashService
from steelyard.core.errors import SteelyardError
from steelyard.core.signals import Signals
from steelyard.db.counted import counted_page
from steelyard.db.keyset import Mark, slices
from steelyard.downloads import store, waiting
from steelyard.downloads.desk import is_own
from steelyard.downloads.errors import NotYourRequest, RequestEnded, RequestMissing
from steelyard.downloads.filing import Answer, file_refusal, file_request, is_to_wait, require_sight
from steelyard.downloads.following import download_event
from steelyard.downloads.models import OPEN, REQUEST_TOPIC, Ask, DownloadRequest, RequestStatus, Wanted
from steelyard.downloads.onshelf import comes_back, require_askable, require_restorable
from steelyard.downloads.payload import name_of
from steelyard.downloads.presence import Presence
from steelyard.downloads.resolve import Resolver
from steelyard.downloads.store import RequestFilter
from steelyard.downloads.tools import Tools
from steelyard.downloads.waiting import ApprovalState
from steelyard.downloads.wanted import WantedFinder
from steelyard.identity.audit import store as audit
from steelyard.identity.audit.models import Deed
from steelyard.identity.principal import Caller
from steelyard.identity.roles import Role
from steelyard.jobs.models import Job
from steelyard.jobs.service import JobService
from steelyard.sources.registry import Sources
from steelyard.usage.recorder import Recorder

logger = logging.getLogger(__name__)


class DownloadService:
    """Requests and their jobs. Each verb is one transaction; then the queue, the log and the pages hear of it."""

    def __init__(
        self,
        tools: Tools,
        sources: Sources,
        job_service: JobService,
        recorder: Recorder,
        signals: Signals,
        trash: TrashService,
        reserved: Sequence[str] = (),
    ) -> None:
        """``reserved`` are the team's own namespaces, of which no hub hears."""
        self._database = tools.database
        self._jobs = job_service
        self._recorder = recorder
        self._signals = signals
        self._trash = trash
        self._clock = tools.clock
        self._rules = tools.settings
        self._presence = Presence(tools)
        resolver = Resolver(tools.settings.resolve_seconds)
        self._finder = WantedFinder(tools.database, sources, resolver, self._record_refusal, reserved)

    async def ask(self, ask: Ask) -> Answer:
        """Record a request and see that a job serves it; what is in the trash comes back once it is known that it can.

        A request that an administrator must agree to waits. Raises CoolingDown, OnlyFromFolder, ModelInactive,
        ModelDeleted, ModelMissing for what the asker must not see, and what WantedFinder.find raises.
        """
        now, rules = self._clock.now(), self._rules
        await self._database.read(lambda connection: _require_seen_and_restorable(connection, ask))
        found = await self._finder.find(ask, sizes=ask.caller.access.role is not Role.ADMIN)
        waits = await self._database.read(lambda connection: is_to_wait(connection, ask, found, now, rules))
        if not waits:
            await self._bring_back(lambda connection: find_any(connection, ask.reference, ask.caller), ask.caller)
            await self.make_ready(found.wanted, ask.caller)
        now = self._clock.now()
        answer, job = await self._database.write(lambda connection: file_request(connection, ask, found, now, rules))
        await self.tell(answer, job, found.wanted)
        facts = {"user": ask.caller.name, "job_id": answer.job_id, "already_here": answer.is_here}
        logger.info("asked for: %s", answer.model, extra=facts | ({"waits": True} if answer.is_waiting else {}))
        return answer

    async def make_ready(self, wanted: Wanted, caller: Caller) -> None:
        """Before a request is filed: its model comes back from the trash, and what is lost from the disk is known.

        Raises what TrashService.restore_for_pull raises, ModelInactive and StoreAway.
        """
        hubs_name = name_of(wanted)
        await self._bring_back(lambda connection: catalog.find(connection, hubs_name), caller)
        await self._presence.forget_lost(wanted)

    async def tell(self, answer: Answer, job: Job | None, wanted: Wanted) -> None:
        """After a request was filed: the queue, the usage log, the store's reference and the pages hear of it."""
        if job is not None:
            await self._jobs.announce(job)
        if answer.is_here:
            await self._recorder.record(download_event(await self.get(answer.task_id)))
            await self._point(wanted)
        self._signals.publish(MODEL_TOPIC, answer.model)
        if answer.is_waiting:
            self._signals.publish(REQUEST_TOPIC, answer.task_id)

    async def get(self, task_id: str, caller: Caller | None = None) -> DownloadRequest:
        """One request. Raises RequestMissing; also for a model that the caller, if there is one, may not see."""
        return await self._database.read(lambda connection: _required(connection, task_id, caller))

    async def list_page(self, wanted: RequestFilter, limit: int, offset: int) -> tuple[int, list[DownloadRequest]]:
        """The true total and one page."""
        return await counted_page(
            self._database,
            lambda connection: store.count(connection, wanted),
            lambda connection, total: store.page(connection, wanted, limit, offset, total),
            offset,
        )

    def slices(
        self, wanted: RequestFilter, limit: int | None = None, offset: int = 0
    ) -> AsyncIterator[Sequence[DownloadRequest]]:
        """All that match, newest first, each slice in a short transaction of its own."""

        async def read(mark: Mark | None, size: int) -> list[DownloadRequest]:
            return await self._database.read(lambda found: store.list_slice(found, wanted, mark, size, offset))

        return slices(read, store.mark_of, limit)

    async def askers(self, job_ids: list[str]) -> dict[str, list[str]]:
        """Who waits on which job, the earliest first."""
        return await self._database.read(lambda connection: store.askers(connection, job_ids))

    async def cancel(self, task_id: str, caller: Caller) -> DownloadRequest:
        """Call a request off. The others on its job keep theirs; after the last one the job stops.

        Raises RequestMissing, RequestEnded, NotYourRequest.
        """
        now = self._clock.now()

        def detach(connection: Connection) -> Job | None:
            request = _required(connection, task_id, caller)
            _require_own(request, caller)
            deed = Deed("request.cancel", f"request {task_id} ({request.model})", {"status": request.status.value})
            audit.record(connection, caller, deed, now)
            abandoned = _detach(connection, task_id, now)
            return self._jobs.cancel_within(connection, abandoned) if abandoned else None

        job = await self._database.write(detach)
        if job is not None:
            await self._jobs.announce(job)
        request = await self.get(task_id)
        self._signals.publish(MODEL_TOPIC, request.model or task_id)
        self._signals.publish(REQUEST_TOPIC, task_id)
        return request

    async def _bring_back(self, find: Callable[[Connection], Entry | None], caller: Caller) -> None:
        entry = await self._database.read(find)
        if entry is not None and comes_back(entry):
            await self._trash.restore_for_pull(entry.id, caller)
        else:
            require_askable(entry)

    async def _point(self, wanted: Wanted) -> None:
        try:
            await self._presence.point(wanted)
        except (OSError, SteelyardError):  # the files are here all the same, and the next request tries again
            logger.exception("could not write the reference of %s", wanted.repo)

    async def _record_refusal(self, ask: Ask, wanted: Wanted, error: SteelyardError) -> None:
        now, detail = self._clock.now(), error.detail
        await self._database.write(lambda connection: file_refusal(connection, ask, wanted, detail, now))


def _require_seen_and_restorable(connection: Connection, ask: Ask) -> None:
    entry = find_any(connection, ask.reference, ask.caller)
    require_sight(entry, ask)
    require_restorable(entry)


def _detach(connection: Connection, task_id: str, now: datetime) -> str | None:
    """Ends one request; returns the job that nobody waits on any more."""
    request = _required(connection, task_id)
    if request.status is RequestStatus.AWAITING_APPROVAL:
        waiting.settle(connection, task_id, ApprovalState.WITHDRAWN, None, None, now)
        store.detach(connection, task_id, now)
        return None
    if request.status not in OPEN:
        raise RequestEnded(
            f"Request {task_id} is {request.status.value} and cannot be cancelled.",
            hint=f"GET /api/v1/downloads/request/{task_id}",
        )
    store.detach(connection, task_id, now)
    others = store.of_job(connection, request.job_id) if request.job_id else []
    return None if any(other.status in OPEN for other in others) else request.job_id


def _require_own(request: DownloadRequest, caller: Caller) -> None:
    if not caller.is_admin and not is_own(request, caller):
        raise NotYourRequest(f"{request.username} asked for that.", hint="Ask them, or an administrator.")


def _required(connection: Connection, task_id: str, caller: Caller | None = None) -> DownloadRequest:
    request = store.get(connection, task_id)
    entry = None if request is None or request.entry is None else catalog.get(connection, request.entry)
    hidden = entry is not None and caller is not None and not rights.may_see(entry, caller)
    if request is None or hidden:
        hint = "GET /api/v1/downloads/history lists them."
        raise RequestMissing(f"No request has the id {task_id[:80]!r}.", hint=hint)
    return request
