"""Deleting models, and having them back.

A deletion is one transaction: the model leaves every list and its jobs are called off; then its folder moves to the
trash. A restore is the reverse. What the table says counts, and folders follow it (``Folders``).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from steelyard.catalog import deeds, rights, store, trash_store
from steelyard.catalog.changes import require_change
from steelyard.catalog.errors import NotYours, being_purged, missing, pinned, purged
from steelyard.catalog.folders import Folders
from steelyard.catalog.models import MODEL_TOPIC, TRASH_TOPIC, Entry
from steelyard.catalog.purge import PURGE, Scales, new_purge
from steelyard.catalog.service import find_any, refresh_status, required
from steelyard.core.clock import Clock
from steelyard.core.ref import Reference
from steelyard.core.signals import Signals
from steelyard.db.database import Database
from steelyard.identity.principal import Caller
from steelyard.jobs import store as jobs
from steelyard.jobs.models import Job
from steelyard.jobs.service import JobService
from steelyard.storage.holdings import Weight

logger = logging.getLogger(__name__)
PULLED = "somebody asked for it"  # why a model came back that nobody restored


@dataclass(frozen=True, slots=True)
class Deletion:
    """What a deletion did, or would do: which entry, what it frees once it is purged, and until when it can come back.

    ``job`` purges it now.
    """

    entry: Entry
    weight: Weight
    purge_after: datetime
    job: Job | None = None


class TrashService:
    """The verbs of the trash."""

    def __init__(
        self, database: Database, job_service: JobService, folders: Folders, clock: Clock, signals: Signals, days: float
    ) -> None:
        self._database = database
        self._jobs = job_service
        self._folders = folders
        self._scales = Scales(database, folders)
        self._clock = clock
        self._signals = signals
        self._stay = timedelta(days=days)

    async def weigh(self, reference: Reference, caller: Caller, *, purge: bool = False) -> Deletion:
        """What a deletion would do, were the model not pinned. Raises ModelMissing, NotYours."""
        entry = await self._database.read(lambda connection: _deletable(connection, reference, caller, purge=purge))
        return Deletion(entry, await self._scales.weigh(entry), self._until(purge=purge))

    async def delete(self, reference: Reference, caller: Caller, *, purge: bool = False) -> Deletion:
        """Put a model into the trash; ``purge`` deletes it for good at once, also when it is in the trash already.

        Raises ModelMissing, ModelPinned, NotYours.
        """
        now, until = self._clock.now(), self._until(purge=purge)

        def throw(connection: Connection) -> tuple[Entry, list[Job]]:
            entry = _deletable(connection, reference, caller, purge=purge)
            if entry.pinned:
                raise pinned(str(entry.name))
            if entry.trash is not None:
                trash_store.hurry(connection, entry.id, now)
                deeds.record_deletion(connection, caller, entry, until, now, purge=purge)
                return _entry(connection, entry.id), []
            if not trash_store.throw(connection, entry.id, caller.name, now, until):
                raise pinned(str(entry.name))
            deeds.record_deletion(connection, caller, entry, until, now, purge=purge)
            live = jobs.live_about(connection, entry.id)
            return _entry(connection, entry.id), [self._jobs.cancel_within(connection, job.id) for job in live]

        entry, cancelled = await self._database.write(throw)
        await self._follow(entry, cancelled)
        deletion = Deletion(entry, await self._scales.weigh(entry), until)
        logger.info("deleted: %s", entry.name, extra={"user": caller.name, "frees": deletion.weight.frees})
        return replace(deletion, job=await self._purge(entry.id, caller.name)) if purge else deletion

    async def restore(self, reference: Reference, caller: Caller) -> Entry:
        """Have a model back from the trash; one that is on the shelf stays there. Raises ModelMissing, ModelDeleted,
        NotYours."""

        def restore(connection: Connection) -> tuple[Entry, list[Job]]:
            entry = find_any(connection, reference, caller)
            if entry is None:
                raise missing(str(reference))
            require_change(entry, caller, reference)
            return self._restore(connection, entry, caller)

        return await self._restored(restore)

    async def restore_for_pull(self, key: int, caller: Caller) -> Entry:
        """Somebody asks for a model in the trash: what is there need not be fetched again.

        Raises ModelDeleted; ModelMissing when it does not exist for them any more.
        """

        def restore(connection: Connection) -> tuple[Entry, list[Job]]:
            entry = _entry(connection, key)
            if not rights.may_see(entry, caller):
                raise missing("That model")
            return self._restore(connection, entry, caller, PULLED)

        return await self._restored(restore)

    async def purge_due(self) -> int:
        """Have everything purged whose time is over; returns how many new jobs there are."""
        now = self._clock.now()
        due = await self._database.read(lambda connection: trash_store.due(connection, now))
        return len([job for key in due if (job := await self._purge(key, None)) is not None])

    def _restore(
        self, connection: Connection, entry: Entry, caller: Caller, reason: str | None = None
    ) -> tuple[Entry, list[Job]]:
        """Within a transaction."""
        if entry.trash is None:
            return entry, []
        if not trash_store.restore(connection, entry.id):
            raise purged(entry.name) if entry.trash.is_purged else being_purged(str(entry.name))
        refresh_status(connection, entry.id)
        purges = [job for job in jobs.live_about(connection, entry.id) if job.kind == PURGE]
        cancelled = [self._jobs.cancel_within(connection, job.id) for job in purges]
        restored = _entry(connection, entry.id)
        deeds.record_restore(connection, caller, entry, restored, self._clock.now(), reason)
        return restored, cancelled

    async def _restored(self, restore: Callable[[Connection], tuple[Entry, list[Job]]]) -> Entry:
        entry, cancelled = await self._database.write(restore)
        await self._follow(entry, cancelled)
        logger.info("restored: %s", entry.name)
        return entry

    async def _follow(self, entry: Entry, cancelled: list[Job]) -> None:
        """The table has changed: stop the jobs, move the folder, tell the pages."""
        for job in cancelled:
            await self._jobs.announce(job)
        try:
            await self._folders.settle(entry.id)
        except OSError:  # it is deleted or restored all the same, and a later round moves it
            logger.exception("could not move a folder; the next round tries again", extra={"model": entry.public_id})
        self._signals.publish(TRASH_TOPIC, str(entry.id))
        self._signals.publish(MODEL_TOPIC, str(entry.id))

    async def _purge(self, key: int, by: str | None) -> Job | None:
        """The job that purges an entry, a new one if need be; None when there is nothing to purge, or not yet."""
        now = self._clock.now()

        def put(connection: Connection) -> tuple[Job | None, bool]:
            entry = _entry(connection, key)
            if entry.trash is None or not entry.trash.is_due(now):
                return None, False
            new = new_purge(entry, entry.trash.at, by)
            live = jobs.find_live(connection, new.dedupe_key)
            return (live, False) if live else (jobs.insert(connection, new, now), True)

        job, is_new = await self._database.write(put)
        if job is not None and is_new:
            await self._jobs.announce(job)
        return job

    def _until(self, *, purge: bool) -> datetime:
        return self._clock.now() + (timedelta() if purge else self._stay)


def _deletable(connection: Connection, reference: Reference, caller: Caller, *, purge: bool) -> Entry:
    """The entry that somebody may delete once it is not pinned; for a purge it may be in the trash already."""
    entry = find_any(connection, reference, caller)
    if not purge or entry is None or entry.trash is None or entry.trash.is_purged:
        entry = required(connection, reference, caller)
    require_change(entry, caller, reference)
    if purge and not rights.may_purge(entry, caller):
        raise NotYours("Only an administrator deletes a model for good.", hint="Leave ?purge=true away.")
    return entry


def _entry(connection: Connection, key: int) -> Entry:
    entry = store.get(connection, key)
    if entry is None:
        raise missing(str(key))
    return entry
