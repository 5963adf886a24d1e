"""The job that reads every file of a model again: all revisions, what is on the shelf and what waits in quarantine."""

import logging
from dataclasses import dataclass

from sqlalchemy import Connection

from steelyard.catalog import blobs
from steelyard.catalog.care import checks, findings, records
from steelyard.catalog.care.examiner import Examiner
from steelyard.catalog.care.guard import require_store
from steelyard.catalog.care.judge import suspect_of
from steelyard.catalog.care.models import Outcome
from steelyard.catalog.care.records import Record
from steelyard.catalog.care.tools import CareTools
from steelyard.catalog.care.wrong import Suspect
from steelyard.catalog.errors import missing
from steelyard.catalog.models import MODEL_TOPIC, FileState
from steelyard.core.digest import Digest
from steelyard.core.signals import Signals
from steelyard.jobs.context import JobContext
from steelyard.jobs.models import Job
from steelyard.storage.fingerprint import Fingerprint, fingerprint

VERIFY = "verify"
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be read, and as what each blob was sealed since the job began."""

    suspects: list[Suspect]
    sealed: dict[Digest, Fingerprint]


class VerifyKind:
    """Registered with the jobs room as ``verify``. The payload names the entry; the job has no subject of its own,
    because a model that is looked at is not on its way."""

    def __init__(self, tools: CareTools, signals: Signals) -> None:
        self._tools = tools
        self._signals = signals

    async def run(self, context: JobContext) -> None:
        """Read everything that was not read since the job began. Raises what Examiner.examine raises, ModelMissing."""
        ground = await require_store(self._tools)
        work = await context.read(lambda connection: _work(connection, context.job))
        left = await self._tools.run(lambda: [one for one in work.suspects if not self._is_done(one, work)])
        total = sum(one.size for one in work.suspects)
        examiner = Examiner(self._tools, context, ground, total, total - sum(one.size for one in left))
        right = len(work.suspects) - len(left)
        stored = {one.digest for one in work.suspects if one.state is FileState.STORED}
        for suspect in left:
            seal = suspect.state is FileState.STORED or suspect.digest not in stored  # there is one seal for each hash
            right += await examiner.examine(suspect, seal=seal)
        await examiner.flush()
        await self._finish(context, right)

    def settle(self, connection: Connection, job: Job) -> None:
        """Nothing follows the state of this job."""

    async def may_resume(self, job: Job) -> bool:
        """It never waits for anything but a person."""
        return False

    async def after(self, job: Job) -> None:
        """Tell the log and the pages."""
        self._signals.publish(MODEL_TOPIC, str(job.payload["entry"]))
        logger.info("verification %s: %s", job.status.value, job.model, extra={"job_id": job.id})

    def _is_done(self, suspect: Suspect, work: Work) -> bool:
        seal = work.sealed.get(suspect.digest)
        return seal is not None and fingerprint(self._tools.storage.layout.root / suspect.place) == seal

    async def _finish(self, context: JobContext, right: int) -> None:
        job, now, entry = context.job, self._tools.clock.now(), int(context.job.payload["entry"])

        def finish(connection: Connection) -> Outcome:
            outcome = findings.outcome_of(connection, job.id, right, entry)
            began = job.started_at or job.created_at
            checks.finish(connection, job.id, VERIFY, outcome, started_at=began, now=now, entry=entry)
            return outcome

        outcome = await context.write(finish)
        counts = {"right": outcome.right, "damaged": outcome.damaged, "missing": outcome.missing}
        logger.info("verified: %s", job.model, extra={"job_id": job.id, **counts})


def _work(connection: Connection, job: Job) -> Work:
    entry, since = int(job.payload["entry"]), job.started_at or job.created_at
    found = records.read(connection, [entry])
    if not found:
        raise missing(job.model or "The model")
    seals = blobs.seals_of(connection, [entry])[entry]
    return Work(_suspects(found[0]), {digest: seal.file for digest, seal in seals.items() if seal.verified_at >= since})


def _suspects(record: Record) -> list[Suspect]:
    """Every blob of an entry that is here, once for each place it lies in, small ones first."""
    here = {(file.digest, file.state): file for file in record.files if file.state is not FileState.LISTED}
    suspects = [suspect_of(record, file) for file in here.values()]
    return sorted(suspects, key=lambda one: (one.size, one.path))
