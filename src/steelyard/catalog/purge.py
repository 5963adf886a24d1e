"""The job that deletes a model for good, what it would free, and the order of its steps.

First the point of no return, in the table; then the files, one by one; last the rows. Killed anywhere, the next attempt
finds what is left. As its progress ``downloaded_bytes`` are the bytes that are free now, of ``total_bytes``.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from datetime import datetime, timedelta

from sqlalchemy import Connection

from steelyard.catalog import store, trash_store
from steelyard.catalog.folders import Folders, as_listed
from steelyard.catalog.models import MODEL_TOPIC, Entry, File
from steelyard.core.clock import Clock
from steelyard.core.digest import Digest
from steelyard.core.signals import Signals
from steelyard.db.database import Database
from steelyard.jobs.context import JobContext
from steelyard.jobs.models import Job, NewJob, Priority, Progress
from steelyard.storage.holdings import Weight

logger = logging.getLogger(__name__)
PURGE = "purge"
_DELETED_AT = "deleted_at"
_GRACE = 1.0  # seconds beyond the lease


def new_purge(entry: Entry, deleted_at: datetime, by: str | None) -> NewJob:
    """The job for one deletion: after a restore and another deletion it does nothing."""
    return NewJob(
        kind=PURGE, dedupe_key=f"{PURGE}:{entry.id}", payload={_DELETED_AT: deleted_at.isoformat()},
        model=str(entry.name), subject=entry.id, requested_by=by, priority=Priority.LOW,
    )  # fmt: skip


class Scales:
    """Tells what deleting an entry would free, on the disk as it is now."""

    def __init__(self, database: Database, folders: Folders) -> None:
        self._database = database
        self._folders = folders

    async def weigh(self, entry: Entry) -> Weight:
        """Bytes that only this entry holds become free; those with a name elsewhere stay. Raises OSError."""

        def read(connection: Connection) -> tuple[list[tuple[str, File]], set[Digest], bool]:
            files = trash_store.listed(connection, entry.id)
            hidden = trash_store.quarantined(files)
            needed = trash_store.needed_by_others(connection, entry.id, hidden)
            return files, needed, trash_store.shares_folder(connection, entry.id)

        files, needed, shared = await self._database.read(read)
        folder, listed = entry.folder, as_listed(files)
        whole = await self._folders.run(lambda: self._folders.bin.weigh(folder, entry.public_id, listed))
        hidden = await self._folders.run(lambda: self._weigh_hidden(trash_store.quarantined(files), needed))
        return hidden + (Weight(0, whole.frees + whole.shared) if shared else whole)

    def _weigh_hidden(self, digests: Sequence[Digest], needed: set[Digest]) -> Weight:
        shredder = self._folders.shredder
        frees = shredder.weigh_quarantined(digest for digest in digests if digest not in needed)
        return Weight(frees, shredder.weigh_quarantined(needed))


class PurgeKind:
    """Registered with the jobs room as ``purge``."""

    def __init__(
        self,
        database: Database,
        folders: Folders,
        threads: Executor,
        clock: Clock,
        signals: Signals,
        lease_seconds: float,
        require_store: Callable[[], Awaitable[None]],
    ) -> None:
        """``require_store`` raises when the store is not there: nothing is purged then."""
        self._database = database
        self._folders = folders
        self._require_store = require_store
        self._threads = threads
        self._clock = clock
        self._signals = signals
        self._lease = timedelta(seconds=lease_seconds + _GRACE)

    async def run(self, context: JobContext) -> None:
        """Delete for good what the job was made for; nothing when that came back meanwhile, or still has time.

        Raises LeaseLost, and what ``require_store`` raises.
        """
        key, deleted_at = context.job.subject or 0, datetime.fromisoformat(context.job.payload[_DELETED_AT])
        entry = await context.read(lambda connection: store.get(connection, key))
        if entry is None or entry.deleted_at != deleted_at:
            return
        await self._outwait_late_jobs(context, key)
        await self._require_store()
        over = self._clock.now() + self._lease  # somebody asked for it with a clock that may be ahead of this one
        if await context.write(lambda connection: trash_store.begin_purge(connection, key, deleted_at, over)):
            await self._folders.settle(key)  # what a late job has published since
            await self._delete(context, entry)
            await context.write(lambda connection: trash_store.end_purge(connection, key, self._clock.now()))

    def settle(self, connection: Connection, job: Job) -> None:
        """The entry's row is changed by the job itself."""

    async def may_resume(self, _job: Job) -> bool:
        """It never pauses itself."""
        return True

    async def after(self, job: Job) -> None:
        """Tell the log and the pages."""
        self._signals.publish(MODEL_TOPIC, str(job.subject))
        facts = {"job_id": job.id, "bytes": job.progress.downloaded_bytes}
        logger.info("purge %s: %s", job.status.value, job.model, extra=facts)

    async def _outwait_late_jobs(self, context: JobContext, key: int) -> None:
        """A worker elsewhere that was called off knows it after one lease at the latest; until then it may publish."""
        last = await context.read(lambda connection: trash_store.last_cancelled(connection, key))
        if last is not None:
            await asyncio.sleep(max(0.0, (last + self._lease - self._clock.now()).total_seconds()))

    async def _delete(self, context: JobContext, entry: Entry) -> None:
        files = await context.read(lambda connection: trash_store.listed(connection, entry.id))
        weight = await Scales(self._database, self._folders).weigh(entry)
        meter = _Meter(context.job.progress, weight.frees)
        context.follow(meter.read)
        for digest in trash_store.perhaps_quarantined(files):
            await self._delete_quarantined(context, entry, digest, meter)
        folder, listed = entry.folder, as_listed(files)
        shredder, name = self._folders.shredder, entry.public_id
        await self._folders.run(lambda: shredder.empty(folder, name, listed, context.check, meter.freed), self._threads)

    async def _delete_quarantined(self, context: JobContext, entry: Entry, digest: Digest, meter: "_Meter") -> None:
        """Take it away first and ask then: whoever found it there before is in the table by now."""
        context.check()
        shredder, name = self._folders.shredder, entry.public_id

        def needed(connection: Connection) -> bool:
            return bool(trash_store.needed_by_others(connection, entry.id, [digest]))

        if not await self._folders.run(lambda: shredder.has_seized(name, digest)) and await context.read(needed):
            return
        if not await self._folders.run(lambda: shredder.seize(name, digest)):
            return
        if await context.read(needed):
            await self._folders.run(lambda: shredder.release(name, digest))
        else:
            await self._folders.run(lambda: shredder.discard(name, digest, meter.freed), self._threads)


class _Meter:
    """Bytes that became free, counted on from what an earlier attempt did; written in a worker thread."""

    def __init__(self, before: Progress, left: int) -> None:
        self._freed = before.downloaded_bytes
        self._total = before.downloaded_bytes + left
        self._current: str | None = None

    def freed(self, size: int, name: str) -> None:
        """One more file is gone."""
        self._freed += size
        self._current = name

    def read(self) -> Progress:
        """How far it is."""
        return Progress(self._freed, self._total, None, self._current)
