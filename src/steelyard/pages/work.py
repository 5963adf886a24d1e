"""Jobs as the pages show them: live ones, the failures that still matter, and who waits."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from steelyard.catalog.hidden import hidden_from
from steelyard.downloads.imports.payload import KIND as IMPORT
from steelyard.downloads.payload import KIND as DOWNLOAD
from steelyard.downloads.service import DownloadService
from steelyard.jobs.models import LIVE, Job, JobStatus
from steelyard.jobs.service import JobService
from steelyard.jobs.store import JobFilter
from steelyard.jobs.views import job_json

COMING = (DOWNLOAD, IMPORT)
_FAILURES = 5
_LIVE = 50
_OF_MODEL = 20


class Work:
    """Reads jobs; every answer has the shape of SPEC section 11 plus ``waiting``, newest first."""

    def __init__(self, jobs: JobService, downloads: DownloadService) -> None:
        self._jobs = jobs
        self._downloads = downloads

    async def now(self, viewer: str | None, kinds: Collection[str] | None = None) -> list[dict[str, Any]]:
        """Live jobs and the last failures, of some kinds or of all; ``viewer`` as ``rights.viewer`` tells it."""
        wanted = JobFilter(kinds=None if kinds is None else tuple(kinds), hidden=hidden_from(viewer))
        found: list[Job] = []
        for status in (JobStatus.RUNNING, JobStatus.PAUSED, JobStatus.QUEUED):
            found += (await self._jobs.list_page(replace(wanted, status=status), _LIVE, 0))[1]
        found += await self._open_failures(wanted)
        return await self._with_askers(sorted(found, key=lambda job: job.created_at, reverse=True))

    async def of_model(self, model: str) -> list[dict[str, Any]]:
        """The live jobs of a model, and its newest one if that failed."""
        jobs = (await self._jobs.list_page(JobFilter(model=model), _OF_MODEL, 0))[1]
        failed = [job for job in jobs[:1] if job.status is JobStatus.FAILED]
        return await self._with_askers([job for job in jobs if job.status in LIVE] + failed)

    async def _open_failures(self, wanted: JobFilter) -> list[Job]:
        """The last failures that no later try has overtaken."""
        failed = (await self._jobs.list_page(replace(wanted, status=JobStatus.FAILED), _FAILURES, 0))[1]
        newest = [(await self._jobs.list_page(JobFilter(model=job.model, kind=job.kind), 1, 0))[1] for job in failed]
        return [job for job, last in zip(failed, newest, strict=True) if last and last[0].id == job.id]

    async def _with_askers(self, jobs: list[Job]) -> list[dict[str, Any]]:
        waiting = await self._downloads.askers([job.id for job in jobs])
        return [job_json(job) | {"waiting": waiting.get(job.id, [])} for job in jobs]
