"""The job that compares the whole store with the catalog: what is gone, cut, changed, or put there by others.

It looks and does not read, except at files that do not look as they did when their hashes were right. Folders are
compared a few hundred at a time: first the disk, then the tables, so that whatever lies there and is ours is known;
what seems lost is looked at once more after the tables were read, so that whatever the tables promise has had its time
to be there.
"""

import logging
from dataclasses import replace

from sqlalchemy import Connection

from steelyard.catalog.care import checks, findings
from steelyard.catalog.care.examiner import Examiner
from steelyard.catalog.care.guard import require_store
from steelyard.catalog.care.models import Outcome, Usage
from steelyard.catalog.care.round import ScanRound
from steelyard.catalog.care.tools import CareTools
from steelyard.core.signals import Signals
from steelyard.jobs.context import JobContext
from steelyard.jobs.models import Job
from steelyard.storage.survey import bytes_once, files_below

SCAN = "scan"
STORE_TOPIC = "store"
logger = logging.getLogger(__name__)


class ScanKind:
    """Registered with the jobs room as ``scan``; at most one is alive."""

    def __init__(self, tools: CareTools, signals: Signals) -> None:
        self._tools = tools
        self._signals = signals

    async def run(self, context: JobContext) -> None:
        """Scan. Raises StoreNotThere with nothing changed, LeaseLost, and GiveWay when more urgent work waits."""
        started = self._tools.clock.now()
        accept = bool(context.job.payload.get("accept_missing"))
        ground = await require_store(self._tools, accept_missing=accept)
        scan = ScanRound(self._tools, context, ground, started)
        await scan.look()
        total = sum(one.size for one in scan.doubts)
        examiner = Examiner(self._tools, context, ground, total)
        right = scan.right
        for suspect in scan.doubts:
            right += await examiner.examine(suspect)
        await examiner.flush()
        usage = await self._tools.run(lambda: self._usage(scan))
        await self._finish(context, scan, right, usage)

    def settle(self, connection: Connection, job: Job) -> None:
        """Nothing follows the state of this job."""

    async def may_resume(self, job: Job) -> bool:
        """It never waits for anything but a person."""
        return False

    async def after(self, job: Job) -> None:
        """Tell the pages."""
        self._signals.publish(STORE_TOPIC, job.id)

    def _usage(self, scan: ScanRound) -> Usage:
        layout, counted = self._tools.storage.layout, scan.counted
        places = (layout.quarantined, layout.trash, layout.parts, layout.foreign)
        quarantine, trash, parts, foreign = (bytes_once(files_below(place), counted) for place in places)
        return Usage(scan.hub_bytes, quarantine, trash, parts, foreign)

    async def _finish(self, context: JobContext, scan: ScanRound, right: int, usage: Usage) -> None:
        job, now = context.job, self._tools.clock.now()

        def finish(connection: Connection) -> Outcome:
            findings.resolve_unseen(connection, scan.strays, scan.started, now)
            outcome = replace(findings.outcome_of(connection, job.id, right), strays=len(scan.strays))
            checks.finish(connection, job.id, SCAN, outcome, started_at=scan.started, now=now)
            checks.remember_usage(connection, usage, now)
            return outcome

        outcome = await context.write(finish)
        counts = {"right": outcome.right, "damaged": outcome.damaged, "missing": outcome.missing}
        logger.info("scanned the store", extra={"job_id": job.id, "strays": outcome.strays, **counts})
