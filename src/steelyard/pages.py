"""The depot as the web pages see it: the same services that the API uses, in the same shapes."""

from typing import Any

from starlette.requests import Request

from steelyard.advice.overview import Overview, action_json
from steelyard.catalog.service import CatalogService
from steelyard.catalog.store import EntryFilter
from steelyard.catalog.views import model_json
from steelyard.core import ref
from steelyard.downloads.models import Ask
from steelyard.downloads.routes import PULL
from steelyard.downloads.service import DownloadService
from steelyard.downloads.views import answer_json
from steelyard.identity.people import People
from steelyard.jobs.models import Job, JobStatus
from steelyard.jobs.service import JobService
from steelyard.jobs.store import JobFilter
from steelyard.jobs.views import job_json
from steelyard.storage.disk import DiskStorage
from steelyard.usage.note import note
from steelyard.web.shelf import Action
from steelyard.web.shelf import Overview as PageOverview

_FAILURES_SHOWN = 5
_LIVE_SHOWN = 50


class DepotPages:
    """Implements the pages' one seam."""

    def __init__(
        self,
        overview: Overview,
        catalog: CatalogService,
        jobs: JobService,
        downloads: DownloadService,
        people: People,
        storage: DiskStorage,
    ) -> None:
        self._overview = overview
        self._catalog = catalog
        self._jobs = jobs
        self._downloads = downloads
        self._people = people
        self._storage = storage

    async def overview(self) -> PageOverview:
        """The totals now."""
        totals = await self._overview.totals()
        return PageOverview(
            models=totals.models,
            bytes_held=totals.stored_bytes,
            bytes_free=self._storage.free_bytes(),
            people=totals.people,
            requests=totals.requests,
            downloads=totals.downloads,
            recent_activity=[action_json(action) for action in totals.recent],
        )

    async def coming_in(self) -> list[dict[str, Any]]:
        """Live jobs and the last failures, newest first, with the names of those who wait."""
        shown: list[Job] = []
        for status in (JobStatus.RUNNING, JobStatus.PAUSED, JobStatus.QUEUED):
            shown += (await self._jobs.list_page(JobFilter(status=status), _LIVE_SHOWN, 0))[1]
        shown += await self._open_failures()
        shown.sort(key=lambda job: job.created_at, reverse=True)
        waiting = await self._downloads.askers([job.id for job in shown])
        return [job_json(job) | {"waiting": waiting.get(job.id, [])} for job in shown]

    async def _open_failures(self) -> list[Job]:
        """The last failures that no later try has overtaken."""
        failed = (await self._jobs.list_page(JobFilter(status=JobStatus.FAILED), _FAILURES_SHOWN, 0))[1]
        newest = [(await self._jobs.list_page(JobFilter(model=job.model), 1, 0))[1] for job in failed]
        return [job for job, last in zip(failed, newest, strict=True) if last and last[0].id == job.id]

    async def models(self, q: str | None, limit: int, offset: int) -> tuple[int, list[dict[str, Any]]]:
        """How many models match, and one page of them."""
        count, cards = await self._catalog.list_page(EntryFilter(text=q), limit, offset)
        return count, [model_json(card) for card in cards]

    async def pull(self, model: str, revision: str | None, username: str | None, request: Request) -> dict[str, Any]:
        """Ask for a model. Raises what DownloadService.ask raises, InvalidReference and InvalidName."""
        reference = ref.parse(model).with_revision(revision)
        caller = await self._people.caller(request.scope, username)
        note(request, type=PULL, model=str(reference.bare), caller=caller)
        return answer_json(await self._downloads.ask(Ask(reference, caller)))

    async def control(self, job_id: str, action: Action, request: Request) -> dict[str, Any]:
        """Act on a job; the job afterwards. Raises JobMissing, WrongState."""
        verbs = {
            Action.CANCEL: self._jobs.cancel,
            Action.PAUSE: self._jobs.pause,
            Action.RESUME: self._jobs.resume,
            Action.RETRY: self._jobs.retry,
        }
        return job_json(await verbs[action](job_id))
