"""Brings one model of an import onto the shelf: learns what its files are, shelves them, and says what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from steelyard.catalog import partial, provenance, revisions
from steelyard.catalog import store as catalog
from steelyard.catalog.models import Entry, File, FileState, Revision
from steelyard.core.digest import Digest
from steelyard.downloads.imports import store
from steelyard.downloads.imports.conclusion import Conclusion
from steelyard.downloads.imports.folder import commit_of
from steelyard.downloads.imports.foretelling import foretell, refusal, revision_report, way_of
from steelyard.downloads.imports.intake import Intake
from steelyard.downloads.imports.models import Asked, FoundFile, FoundModel, FoundRevision, Refusal
from steelyard.downloads.imports.naming import shown
from steelyard.downloads.imports.parcels import Goal, Parcel
from steelyard.downloads.imports.reader import Reader
from steelyard.downloads.imports.report import ModelReport, RevisionReport, Way, begun, ended
from steelyard.downloads.imports.standing import Standing, reason_against, standing_of
from steelyard.downloads.imports.tally import Tally
from steelyard.downloads.plan import blobs_of
from steelyard.downloads.pool import each
from steelyard.downloads.tools import Tools
from steelyard.jobs import store as jobs
from steelyard.jobs.context import JobContext
from steelyard.storage.adopt import UnusableFile

_READ_AT_ONCE = 2
OTHER_BYTES = "the hub lists other bytes under this name, or none"


@dataclass(slots=True)
class _Load:
    """One revision on its way: what its files are, which had to be refused and why, and how each blob came."""

    known: dict[FoundFile, Digest] = field(default_factory=dict)
    refused: dict[FoundFile, str] = field(default_factory=dict)
    ways: dict[Digest, tuple[Way, int]] = field(default_factory=dict)
    goal: Goal | None = None

    def came(self) -> list[FoundFile]:
        """The files that are in."""
        return [file for file in self.known if file not in self.refused]

    def refusals(self) -> tuple[Refusal, ...]:
        """For the report, by path."""
        found = sorted(self.refused.items(), key=lambda item: item[0].path)
        return tuple(Refusal(shown(file.path), reason) for file, reason in found)


class _RefusedMeanwhile(Exception):
    """The model was deleted, or its name taken, while its files were read."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Carrier:
    """One model at a time."""

    def __init__(self, tools: Tools, context: JobContext, asked: Asked, reader: Reader, tally: Tally) -> None:
        self._tools = tools
        self._context = context
        self._asked = asked
        self._reader = reader
        self._tally = tally

    async def bring(self, found: FoundModel) -> tuple[ModelReport, list[Revision]]:
        """What became of a model, and its revisions that are on the shelf now.

        Raises DiskFull, LeaseLost, TakenDown; what is wrong with the model itself stands in the report.
        """
        standing = await self._context.read(lambda connection: standing_of(connection, found))
        if standing.refused is not None:
            return await self._refuse(found, standing.refused), []
        if standing.owner is not None:
            return await self._leave(found, standing), []
        try:
            return await self._bring(found, standing)
        except _RefusedMeanwhile as error:
            return await self._refuse(found, error.reason), []

    async def _refuse(self, found: FoundModel, reason: str) -> ModelReport:
        report = refusal(found, reason)
        await self._context.write(lambda connection: store.end(connection, self._context.job.id, report))
        return report

    async def _leave(self, found: FoundModel, standing: Standing) -> ModelReport:
        """The catalog has all of it: nothing is read, nothing changes."""
        self._tally.done(file for revision in found.revisions for file in revision.files)
        report = foretell(found, standing, self._tools.storage.layout.hub, copy=self._asked.copy)
        await self._context.write(lambda connection: store.end(connection, self._context.job.id, report))
        return report

    async def _bring(self, found: FoundModel, standing: Standing) -> tuple[ModelReport, list[Revision]]:
        loads = [(revision, await self._load(found, revision, standing)) for revision in found.revisions]
        came = [(load.goal, [file.path for file in load.came()]) for _, load in loads if load.goal is not None]
        is_new = any(goal.revision.commit not in standing.complete for goal, _ in came)
        told = [_told(found, revision, load) for revision, load in loads]
        report = ended(_counted(begun(found), loads), told, is_new=is_new)
        await Conclusion(self._tools, self._context, found, came).write(report)
        return report, [goal.revision for goal, _ in came]

    async def _load(self, found: FoundModel, revision: FoundRevision, standing: Standing) -> _Load:
        load = _Load()
        await each(revision.files, _READ_AT_ONCE, lambda file: self._read(file, standing, load))
        await self._reader.flush()
        load.known = {file: load.known[file] for file in revision.files if file in load.known}
        if load.known:
            load.goal = await self._shelve(found, revision.commit or commit_of(_rows(load.known)), load)
            await self._take(load, standing)
        return load

    async def _read(self, file: FoundFile, standing: Standing, load: _Load) -> None:
        """Learn what a file is; one whose bytes are not needed, or are checked while they are copied, is not read."""
        unread = file.claimed if self._way(file, file.claimed, standing) is Way.COPY else None
        try:
            load.known[file] = standing.digest_of(file) or unread or await self._reader.digest(file)
        except UnusableFile as error:
            load.refused[file] = error.reason
            self._tally.done([file])

    async def _shelve(self, found: FoundModel, commit: str, load: _Load) -> Goal:
        """Rows for the entry, the revision and its files; what the hub is known not to list is refused.

        Raises _RefusedMeanwhile when something speaks against the model by now.
        """
        name, job, now = found.name, self._context.job, self._tools.clock.now()
        assert name is not None  # noqa: S101 - a model without a name was refused
        owner = (found.origin.downloaded_by if found.origin else None) or job.requested_by
        listed = [File(file.path, file.size, digest, FileState.LISTED) for file, digest in load.known.items()]

        def shelve(connection: Connection) -> tuple[Entry, Revision, set[str]]:
            reason = reason_against(name, provenance.namesakes(connection, name))
            if reason is not None:
                raise _RefusedMeanwhile(reason)
            entry = catalog.ensure(connection, name, owner, now)
            revision = revisions.ensure(connection, entry.id, commit, now)
            belonging = partial.add_found(connection, revision, listed, whole=not found.is_cached)
            revisions.set_variants(connection, revision.id, revisions.list_files(connection, revision.id))
            jobs.describe(connection, job.claim, model=str(name), revision=commit, subject=entry.id)
            store.begin(connection, job.id, found.folder, entry.id)
            return entry, revision, {file.path for file in belonging}

        entry, revision, belonging = await self._context.write(shelve)
        load.refused |= {file: OTHER_BYTES for file in load.known if file.path not in belonging}
        await self._tools.folders.settle(entry.id)  # it may have been made private a moment ago
        return Goal(name, entry.folder, revision)

    async def _take(self, load: _Load, standing: Standing) -> None:
        assert load.goal is not None  # noqa: S101 - set just before
        files = {file.path: file for file in load.came()}
        blobs = blobs_of(File(path, file.size, load.known[file], FileState.LISTED) for path, file in files.items())
        intake = Intake(self._tools, self._context, self._reader, load.goal, self._tally.copied)
        await intake.prepare([blob.digest for blob in blobs])
        try:
            for blob in blobs:
                same = [files[path] for path in blob.paths]
                try:
                    way = await intake.bring(self._parcel(Parcel(blob, same[0]), standing))
                    load.ways[blob.digest] = way, blob.size
                except UnusableFile as error:
                    load.refused |= dict.fromkeys(same, error.reason)
                self._tally.done(same)
        finally:
            await intake.flush()  # what has come in counts, also when something else failed

    def _parcel(self, parcel: Parcel, standing: Standing) -> Parcel:
        """With what is known about it."""
        file, digest, read = parcel.file, parcel.blob.digest, self._reader.known(parcel.file)
        sealed = file.linkable and standing.sealed.get(file.seen) == digest
        if read is not None and read.way is not None:
            return replace(parcel, sure=True, way=read.way)
        return replace(parcel, sure=read is not None or sealed, way=self._way(file, digest, standing))

    def _way(self, file: FoundFile, digest: Digest | None, standing: Standing) -> Way:
        return way_of(file, digest, standing, self._tools.storage.layout.hub, copy=self._asked.copy)


def _rows(known: Mapping[FoundFile, Digest]) -> list[tuple[str, int, Digest]]:
    return [(file.path, file.size, digest) for file, digest in known.items()]


def _told(found: FoundModel, revision: FoundRevision, load: _Load) -> RevisionReport:
    commit = load.goal.revision.commit if load.goal else revision.commit
    whole = replace(revision, refused=(*revision.refused, *load.refusals()))
    return revision_report(found, whole, commit, load.came())


def _counted(report: ModelReport, loads: list[tuple[FoundRevision, _Load]]) -> ModelReport:
    """With each blob of all revisions, once; the first one brought it."""
    counted: set[Digest] = set()
    for _, load in loads:
        for digest, (way, size) in load.ways.items():
            report = report if digest in counted else report.counted(way, size)
            counted.add(digest)
    return report
