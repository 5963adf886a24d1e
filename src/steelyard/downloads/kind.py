"""The download job, as the jobs room sees it."""

import logging
from collections.abc import Sequence

from sqlalchemy import Connection

from steelyard.catalog import revisions
from steelyard.catalog.models import MODEL_TOPIC
from steelyard.catalog.service import refresh_status
from steelyard.core.signals import Signals
from steelyard.downloads import claims, store
from steelyard.downloads.errand import Errand
from steelyard.downloads.following import download_event, settle_requests, settle_wants
from steelyard.downloads.growing import GrowingHaul
from steelyard.downloads.haul import Haul, WholeHaul
from steelyard.downloads.holding import Held
from steelyard.downloads.models import REQUEST_TOPIC
from steelyard.downloads.onshelf import chosen_files
from steelyard.downloads.payload import from_payload
from steelyard.downloads.plan import Blob, blobs_of
from steelyard.downloads.tools import Tools
from steelyard.jobs.context import JobContext
from steelyard.jobs.models import Job, JobStatus
from steelyard.sources.registry import Sources
from steelyard.usage.recorder import Recorder

logger = logging.getLogger(__name__)


class DownloadKind:
    """Registered with the jobs room as ``download``."""

    def __init__(self, tools: Tools, sources: Sources, recorder: Recorder, signals: Signals) -> None:
        self._tools = tools
        self._sources = sources
        self._recorder = recorder
        self._signals = signals

    async def run(self, context: JobContext) -> None:
        """Bring what the job's payload asks for. Raises what Errand.run raises."""
        wanted = from_payload(context.job.payload)
        try:
            haul: Haul = GrowingHaul(self._tools, self._signals) if wanted.grows else WholeHaul(self._tools)
            await Errand(self._tools, self._sources.get(wanted.hub), context, haul).run(wanted)
        except Held as held:
            self._tell(context.job, held.task_ids)
            raise

    def settle(self, connection: Connection, job: Job) -> None:
        """Requests and the entry follow the job, in its transaction."""
        if job.status is not JobStatus.RUNNING:
            claims.release_all(connection, job.id)
        settle_wants(connection, job)
        settle_requests(connection, job, self._tools.clock.now())
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
        asked = await self._tools.database.read(lambda connection: store.of_job(connection, job.id))
        ended = [request for request in asked if request.completed_at == job.finished_at]
        self._tell(job, [request.task_id for request in ended])
        _log_end(job)
        for request in ended if job.status is JobStatus.SUCCEEDED else ():  # a later shelf hit has told of itself
            if request.counted_at == request.completed_at:  # else it went on, and counted before
                await self._recorder.record(download_event(request))

    def _tell(self, job: Job, task_ids: Sequence[str]) -> None:
        if job.subject is not None:
            self._signals.publish(MODEL_TOPIC, str(job.subject))
        for task_id in task_ids:
            self._signals.publish(REQUEST_TOPIC, task_id)


def _missing(connection: Connection, job: Job) -> list[Blob]:
    if job.subject is None or job.revision is None:
        return []
    revision = revisions.find(connection, job.subject, job.revision)
    chosen = chosen_files(connection, from_payload(job.payload), revision) if revision else []
    return [blob for blob in blobs_of(chosen) if not blob.here]


def _log_end(job: Job) -> None:
    took = (job.finished_at - job.started_at).total_seconds() if job.finished_at and job.started_at else 0.0
    facts = {"job_id": job.id, "bytes": job.progress.downloaded_bytes, "seconds": round(took, 1)}
    if job.fault is not None:
        facts |= {"error": job.fault.detail}
    level = logging.WARNING if job.status is JobStatus.FAILED else logging.INFO
    logger.log(level, "download %s: %s", job.status.value, job.model, extra=facts)
