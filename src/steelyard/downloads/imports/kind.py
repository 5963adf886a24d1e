"""The import job, as the jobs room sees it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import Connection

from steelyard.catalog.inspect.inspector import Inspector
from steelyard.catalog.models import MODEL_TOPIC, Revision
from steelyard.catalog.pickles.screening import Screening
from steelyard.catalog.service import refresh_status
from steelyard.core.signals import Signals
from steelyard.downloads import claims
from steelyard.downloads.imports import store
from steelyard.downloads.imports.carrier import Carrier
from steelyard.downloads.imports.errors import NothingImported
from steelyard.downloads.imports.models import Asked, FoundFile, FoundModel
from steelyard.downloads.imports.payload import from_payload, grant_of
from steelyard.downloads.imports.reader import Reader
from steelyard.downloads.imports.report import ModelReport, Outcome, totals
from steelyard.downloads.imports.survey import Survey, Surveyor
from steelyard.downloads.imports.tally import Tally, total
from steelyard.downloads.meter import Meter
from steelyard.downloads.room import no_room
from steelyard.downloads.tools import Tools
from steelyard.jobs.context import JobContext
from steelyard.jobs.models import Job, JobStatus

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Left:
    """A model that an attempt has still to bring."""

    found: FoundModel
    foretold: ModelReport


class ImportKind:
    """Registered with the jobs room as ``import``."""

    def __init__(
        self, tools: Tools, surveyor: Surveyor, inspector: Inspector, screening: Screening, signals: Signals
    ) -> None:
        self._tools = tools
        self._surveyor = surveyor
        self._inspector = inspector
        self._screening = screening
        self._signals = signals

    async def run(self, context: JobContext) -> None:
        """Import what the job's payload names; models that an earlier attempt ended with are left alone.

        Raises what reading.read raises, DiskFull, LeaseLost, StoreAway, TakenDown, NothingImported.
        """
        await self._tools.require_store()
        asked, job = from_payload(context.job.payload), context.job.id
        survey = await self._surveyor.survey(asked, grant_of(context.job.payload))
        await context.write(lambda connection: _foretell(connection, job, survey))
        ended = {told.report.folder for told in await context.read(lambda c: store.reports(c, job)) if told.has_ended}
        pairs = [_Left(found, told) for found, told in zip(survey.found, survey.foretold, strict=True)]
        left = [pair for pair in pairs if pair.found.folder not in ended]
        self._require_room([pair.foretold for pair in left])
        meter = Meter(self._tools.clock, total(pair.found for pair in pairs if _comes(pair.foretold)))
        context.follow(meter.read)
        tally = Tally(meter, copy=asked.copy)
        tally.done(file for pair in pairs if pair not in left and _comes(pair.foretold) for file in _files(pair.found))
        await self._bring([pair.found for pair in left], asked, context, tally)
        await self._require_something(context)

    async def _bring(self, found: list[FoundModel], asked: Asked, context: JobContext, tally: Tally) -> None:
        read = await context.read(lambda connection: store.read_so_far(connection, context.job.id))
        carrier = Carrier(self._tools, context, asked, Reader(self._tools, context, read, tally.read), tally)
        for model in found:
            report, revisions = await carrier.bring(model)
            problems = [line for revision in revisions for line in await self._look_into(revision)]
            if problems:
                await context.write(partial(_tell, job=context.job.id, report=replace(report, problems=problems)))
            facts = {"job_id": context.job.id, "became": report.status.value, "reason": report.reason}
            logger.info("import of %s", report.model or report.folder, extra=facts)

    async def _look_into(self, revision: Revision) -> Sequence[str]:
        """What is wrong with its files, in words."""
        await self._screening.admit(revision.id)
        facts = await self._inspector.inspect(revision.id)
        self._signals.publish(MODEL_TOPIC, str(revision.entry))
        return facts.problems

    def settle(self, connection: Connection, job: Job) -> None:
        """The entries that were on their way follow the job, in its transaction."""
        if job.status is not JobStatus.RUNNING:
            claims.release_all(connection, job.id)
        for entry in {told.entry for told in store.reports(connection, job.id) if told.entry is not None}:
            refresh_status(connection, entry)
        if job.status is JobStatus.SUCCEEDED:
            store.forget_files(connection, [job.id])

    async def may_resume(self, job: Job) -> bool:
        """Whether the disk has room for what is still to be copied."""
        told = await self._tools.database.read(lambda connection: store.reports(connection, job.id))
        needed = sum(one.report.bytes_copied for one in told if not one.has_ended)
        return self._tools.storage.free_bytes() - self._tools.keep_free > needed

    async def after(self, job: Job) -> None:
        """Tell the log and the pages."""
        self._signals.publish(MODEL_TOPIC, str(job.subject))
        told = await self._tools.database.read(lambda connection: store.reports(connection, job.id))
        facts = {"job_id": job.id, **totals([one.report for one in told if one.has_ended])}
        logger.info("import %s", job.status.value, extra=facts)

    def _require_room(self, left: list[ModelReport]) -> None:
        needed = sum(report.bytes_copied for report in left)
        free = self._tools.storage.free_bytes() - self._tools.keep_free
        if needed > max(free, 0):
            raise no_room(needed, free)

    async def _require_something(self, context: JobContext) -> None:
        told = await context.read(lambda connection: store.reports(connection, context.job.id))
        reports = [one.report for one in told]
        if reports and all(report.status is Outcome.REFUSED for report in reports):
            first = reports[0]
            raise NothingImported(
                f"Nothing could be imported. {first.model or first.folder}: {first.reason}.",
                hint=f"GET /api/v1/imports/{context.job.id} says what is wrong with each.",
            )


def _foretell(connection: Connection, job_id: str, survey: Survey) -> None:
    store.forget_deleted(connection)
    store.foretell(connection, job_id, survey.foretold)


def _tell(connection: Connection, job: str, report: ModelReport) -> None:
    store.end(connection, job, report)


def _comes(report: ModelReport) -> bool:
    return report.status is not Outcome.REFUSED


def _files(found: FoundModel) -> list[FoundFile]:
    return [file for revision in found.revisions for file in revision.files]
