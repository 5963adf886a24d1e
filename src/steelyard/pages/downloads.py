"""What the downloads page shows and what its buttons do."""

from typing import Any

from starlette.requests import Request

from steelyard.catalog import rights
from steelyard.catalog.service import CatalogService
from steelyard.core import ref
from steelyard.downloads.desk import Desk
from steelyard.downloads.models import Ask, DownloadRequest, RequestStatus
from steelyard.downloads.routes import PULL
from steelyard.downloads.service import DownloadService
from steelyard.downloads.store import RequestFilter
from steelyard.downloads.views import answer_json, request_json, waiting_hint
from steelyard.identity.people import People
from steelyard.jobs.errors import JobMissing
from steelyard.jobs.service import JobService
from steelyard.jobs.views import job_json
from steelyard.pages.work import Work
from steelyard.usage.note import note
from steelyard.web.forms import PullForm, items
from steelyard.web.history import HistoryQuery
from steelyard.web.shelf import Action

_ENDED_BADLY = (RequestStatus.FAILED, RequestStatus.CANCELLED)


class DownloadPages:
    """Implements DownloadsSource."""

    def __init__(
        self,
        catalog: CatalogService,
        downloads: DownloadService,
        jobs: JobService,
        desk: Desk,
        work: Work,
        people: People,
    ) -> None:
        self._catalog = catalog
        self._downloads = downloads
        self._jobs = jobs
        self._desk = desk
        self._work = work
        self._people = people

    async def work(self, request: Request) -> list[dict[str, Any]]:
        """Live jobs of every kind and the last failures."""
        return await self._work.now(rights.viewer(await self._people.caller(request.scope)))

    async def history(self, query: HistoryQuery, request: Request) -> tuple[int, list[dict[str, Any]]]:
        """How many requests match, and one page of them. Raises InvalidReference."""
        caller = await self._people.caller(request.scope)
        wanted = RequestFilter(
            username=query.username, vpn_ip=query.ip, status=RequestStatus(query.status) if query.status else None,
            since=query.since, until=query.end, text=query.q,
            viewer=rights.viewer(caller),
            model=await self._catalog.name_of(ref.parse(query.model), caller) if query.model else None,
        )  # fmt: skip
        count, requests = await self._downloads.list_page(wanted, query.limit, query.offset)
        return count, [await self._with_hint(request) for request in requests]

    async def pull(self, form: PullForm, request: Request) -> dict[str, Any]:
        """Ask for a model. Raises what DownloadService.ask raises, InvalidReference and InvalidName."""
        reference = ref.parse(form.model).with_revision(form.revision or None)
        caller = await self._people.caller(request.scope, form.username or None)
        note(request, type=PULL, model=str(reference.bare), caller=caller)
        answer = await self._downloads.ask(Ask(reference, caller, items(form.include), items(form.exclude)))
        note(request, model=answer.model)
        return answer_json(answer)

    async def control(self, job_id: str, action: Action, request: Request) -> dict[str, Any]:
        """Act on a job; the job afterwards. Raises JobMissing, WrongState, NotYourJob."""
        verbs = {
            Action.CANCEL: self._desk.cancel,
            Action.PAUSE: self._desk.pause,
            Action.RESUME: self._desk.resume,
            Action.RETRY: self._desk.retry,
        }
        return job_json(await verbs[action](job_id, request.scope))

    async def _with_hint(self, request: DownloadRequest) -> dict[str, Any]:
        """What waits or ended badly says what to do; a job that was deleted can no longer be tried again."""
        shown = request_json(request)
        if request.status is RequestStatus.AWAITING_APPROVAL:
            return shown | {"hint": waiting_hint(request.task_id)}
        if request.job_id is None or request.status not in _ENDED_BADLY:
            return shown
        try:
            job = await self._jobs.get(request.job_id)
        except JobMissing:
            return shown | {"job_id": None}
        return shown | {"hint": job.fault.hint if job.fault else None}
