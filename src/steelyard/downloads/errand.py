"""One attempt at a download: resolve, shelve, list the files, deliver them, and point the references at them."""

import logging
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from steelyard.catalog import blobs, partial, revisions
from steelyard.catalog import store as catalog
from steelyard.catalog.care import findings
from steelyard.catalog.inspect.inspector import Inspector
from steelyard.catalog.models import Entry, File, FileState, Revision
from steelyard.catalog.pickles.scanner import scan
from steelyard.catalog.pickles.screening import Screening
from steelyard.catalog.sight import is_there
from steelyard.downloads import answers, store
from steelyard.downloads.arrival import require_here
from steelyard.downloads.delivery import Target
from steelyard.downloads.haul import Haul, Trip
from steelyard.downloads.holding import Held, settle_or_hold
from steelyard.downloads.listing import to_files
from steelyard.downloads.models import Found, Wanted
from steelyard.downloads.patience import patiently
from steelyard.downloads.payload import name_of, ref_of
from steelyard.downloads.plan import total_size
from steelyard.downloads.tools import Tools
from steelyard.jobs import store as jobs
from steelyard.jobs.context import JobContext
from steelyard.jobs.models import Job
from steelyard.sources.protocol import Repository, Source
from steelyard.storage.layout import RepoFolder

logger = logging.getLogger(__name__)


class Errand:
    """The steps of one attempt, each of which finds what an earlier attempt left."""

    def __init__(self, tools: Tools, source: Source, context: JobContext, haul: Haul) -> None:
        self._haul = haul
        self._tools = tools
        self._source = source
        self._context = context
        self._inspector = Inspector(tools.database, tools.storage, tools.clock, tools.run)
        self._screening = Screening(
            tools.database, tools.storage, tools.clock, tools.run, self._inspector.inspect, scan
        )

    async def run(self, asked: Wanted) -> None:
        """Bring what is wanted. What its files tell is known before it counts as complete.

        Raises Held when an administrator must agree first, what Delivery raises, NothingSelected, VariantMissing,
        UnsafeName, UpstreamNonsense, StoreAway, TakenDown and what the source raises.
        """
        await self._tools.require_store()
        found = await self._resolve(asked)
        wanted = found.wanted
        entry, revision = await self._shelve(wanted)
        listed = await self._list_files(wanted, entry.folder, revision)
        target = Target(entry.name, entry.folder, revision, await self._haul.select(listed, wanted))
        await self._settle_plan(entry, found, target)
        _log_start(self._context.job, target)
        brought = await self._haul.bring(Trip(self._source, self._context, target, listed, self._screening))
        await self._screening.admit(revision.id)
        await self._inspector.inspect(revision.id)
        await self._complete(wanted, brought)

    async def _settle_plan(self, entry: Entry, found: Found, target: Target) -> None:
        """Raises Held."""
        job, rules, now = self._context.job, self._tools.settings, self._tools.clock.now()
        held = await self._context.write(
            lambda connection: settle_or_hold(connection, job, entry, found, target.files, rules, now)
        )
        if held is not None:
            raise Held(job.id, held)

    async def _resolve(self, wanted: Wanted) -> Found:
        if wanted.commit is not None:
            return Found(wanted)
        repository = Repository(name_of(wanted).kind, wanted.repo)
        found = await patiently(
            lambda: self._source.resolve(repository, wanted.revision), self._tools.settings, self._context
        )
        return Found(replace(wanted, repo=found.repository.name, commit=found.commit), found.gated)

    async def _shelve(self, wanted: Wanted) -> tuple[Entry, Revision]:
        commit, now = wanted.commit or "", self._tools.clock.now()

        def shelve(connection: Connection) -> tuple[Entry, Revision]:
            entry = catalog.ensure(connection, name_of(wanted), self._context.job.requested_by, now)
            revision = revisions.ensure(connection, entry.id, commit, now)
            jobs.describe(connection, self._context.job.claim, model=str(entry.name), revision=commit, subject=entry.id)
            store.update_open(connection, self._context.job.id, entry=entry.id, model=str(entry.name), revision=commit)
            if self._context.job.subject not in {None, entry.id}:  # the hub knows the repository under another name now
                catalog.remove_if_empty(connection, self._context.job.subject)
            return entry, revision

        entry, revision = await self._context.write(shelve)
        await self._tools.folders.settle(entry.id)  # a job that was called off by a deletion may be tried again
        return entry, revision

    async def _list_files(self, wanted: Wanted, folder: RepoFolder, revision: Revision) -> list[File]:
        known = await self._context.read(lambda connection: revisions.list_files(connection, revision.id))
        if known and not revision.files_partial:
            return await self._as_on_disk(folder, known, revision)
        repository = Repository(name_of(wanted).kind, wanted.repo)
        listed = await patiently(
            lambda: self._source.list_files(repository, revision.commit), self._tools.settings, self._context
        )
        files = to_files(listed)
        known = await self._context.write(lambda connection: _write_list(connection, revision, files))
        return await self._as_on_disk(folder, known, revision)

    async def _as_on_disk(self, folder: RepoFolder, files: list[File], revision: Revision) -> list[File]:
        """The table's files; those that somebody took out of the store or changed count as not here."""
        storage, own = self._tools.storage, revision.entry
        seals = (await self._context.read(lambda connection: blobs.seals_of(connection, [own])))[own]

        def look() -> list[File]:
            there = [is_there(storage, folder, revision.commit, file, seals) for file in files]
            return [
                file if found else replace(file, state=FileState.LISTED)
                for file, found in zip(files, there, strict=True)
            ]

        return await self._tools.run(look)

    async def _complete(self, wanted: Wanted, target: Target) -> None:
        """The reference is written last: a reader who sees it finds every file. Raises TakenDown."""
        commit, now, entry = target.revision.commit, self._tools.clock.now(), target.revision.entry
        paths = [file.path for file in target.files]

        def ask(connection: Connection) -> dict[str, datetime]:
            require_here(connection, target.revision.id, paths)
            return _refs_to_write(connection, self._context.job, wanted, entry)

        asked = await self._context.read(ask)
        await self._tools.run(lambda: self._write_refs(target, asked))

        def complete(connection: Connection) -> None:
            require_here(connection, target.revision.id, paths)
            revisions.complete(connection, target.revision.id, self._context.job.id, now)
            findings.resolve_losses(connection, entry, now)
            for name, asked_at in asked.items():
                revisions.set_ref(connection, entry, name, commit, asked_at)

        await self._context.write(complete)

    def _write_refs(self, target: Target, names: Collection[str]) -> None:
        for name in names:
            self._context.check()
            self._tools.storage.write_ref(target.folder, name, target.revision.commit)


def _write_list(connection: Connection, revision: Revision, files: list[File]) -> list[File]:
    known = partial.settle(connection, revision.id, files)
    revisions.set_variants(connection, revision.id, known)
    return known


def _refs_to_write(connection: Connection, job: Job, wanted: Wanted, entry: int) -> dict[str, datetime]:
    """The branches and tags by which the job was asked for, and when; not those that were asked for again since."""
    own, commit = ref_of(wanted), wanted.commit or ""
    asked = ({own: job.created_at} if own else {}) | store.refs_of_job(connection, job.id)
    asked |= answers.refs_at(connection, entry, commit) if wanted.grows else {}
    return {name: at for name, at in asked.items() if revisions.is_newest_ref(connection, entry, name, at)}


def _log_start(job: Job, target: Target) -> None:
    facts = {"job_id": job.id, "attempt": job.attempt, "files": len(target.files), "bytes": total_size(target.files)}
    logger.info("download begins: %s", target.entry, extra=facts)
