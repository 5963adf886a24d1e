"""All SQL of what the catalog believes about the store's folders, for whoever compares it with the disk."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, select

from steelyard.catalog.models import EntryName, FileState
from steelyard.catalog.tables import blobs, entries, files, revisions
from steelyard.core.ref import Kind
from steelyard.jobs.models import JobStatus
from steelyard.jobs.tables import jobs
from steelyard.storage.fingerprint import Fingerprint
from steelyard.storage.layout import RepoFolder

_MOVING = (JobStatus.RUNNING.value, JobStatus.QUEUED.value)
_LOOKING = ("scan", "verify")
_FILLING = (jobs.c.subject.is_(None), jobs.c.status.in_(_MOVING), jobs.c.kind.not_in(_LOOKING))


class Believed(NamedTuple):
    """One file of a revision: whether it is here, and as what it was sealed. The digest is its text: most are fine, and
    to read a hundred thousand of them takes a second."""

    revision: int
    commit: str
    path: str
    digest: str
    size: int
    state: FileState
    seal: Fingerprint | None

    @property
    def blob(self) -> str:
        """The name of its blob."""
        return self.digest.partition(":")[2]


@dataclass(slots=True)
class Record:
    """One entry. ``commits`` are all of its revisions; ``is_moving``: a job about it is at work or about to be;
    ``is_filling``: a job about no entry in particular, an import, may just now put files anywhere."""

    entry: int
    name: EntryName
    is_moving: bool = False
    is_filling: bool = False
    private: bool = False
    commits: set[str] = field(default_factory=set)
    files: list[Believed] = field(default_factory=list)

    @property
    def folder(self) -> RepoFolder:
        """Its folder in the store."""
        return RepoFolder(self.name.kind, self.name.repo, self.private)

    def having(self, state: FileState) -> list[Believed]:
        """Its files in this state."""
        return [file for file in self.files if file.state is state]


@dataclass(slots=True)
class Shelf:
    """Which entries own which folder of the store. ``stored`` are the folders in which something should be.

    ``deleted`` are folders of entries in the trash, and since when they are there. All relative to the store.
    """

    folders: dict[str, list[int]] = field(default_factory=dict)
    stored: set[str] = field(default_factory=set)
    deleted: dict[str, datetime] = field(default_factory=dict)


def shelf(connection: Connection) -> Shelf:
    """All entries by their folders."""
    found = Shelf()
    holding = set(connection.execute(_HOLDING).scalars())
    columns = (entries.c.id, entries.c.kind, entries.c.repo, entries.c.private, entries.c.deleted_at)
    for row in connection.execute(select(*columns)):
        folder = RepoFolder(Kind(row.kind), row.repo, row.private).place
        if row.deleted_at is not None:
            found.deleted[folder] = row.deleted_at
            continue
        found.folders.setdefault(folder, []).append(row.id)
        if row.id in holding:
            found.stored.add(folder)
    return found


def read(connection: Connection, keys: Sequence[int]) -> list[Record]:
    """What is believed of some entries; those in the trash are left out."""
    there = (entries.c.id.in_(keys), entries.c.deleted_at.is_(None))
    columns = (entries.c.id, entries.c.hub, entries.c.kind, entries.c.repo, entries.c.private)
    rows = connection.execute(select(*columns).where(*there))
    found = {row.id: Record(row.id, EntryName(row.hub, Kind(row.kind), row.repo), private=row.private) for row in rows}
    for row in connection.execute(_FILES.where(revisions.c.entry.in_(found))):
        record = found[row.entry]
        record.commits.add(row.commit_hash)
        if row.path is not None:
            seal = None if row.inode is None else Fingerprint(row.seal_size, int(row.inode), row.mtime_ns)
            file = Believed(row.id, row.commit_hash, row.path, row.digest, row.size, _STATES[row.state], seal)
            record.files.append(file)
    filling = connection.execute(select(jobs.c.id).where(*_FILLING).limit(1)).first() is not None
    for record in found.values():
        record.is_filling = filling
    about = (jobs.c.subject.in_(found), jobs.c.status.in_(_MOVING))
    for entry in connection.execute(select(jobs.c.subject).where(*about)).scalars():
        found[entry].is_moving = True
    return list(found.values())


def has_files(connection: Connection, entry: int) -> bool:
    """Whether any file of an entry is here."""
    here = (revisions.c.entry == entry, files.c.state != int(FileState.LISTED))
    statement = select(files.c.path).join(revisions, files.c.revision == revisions.c.id).where(*here).limit(1)
    return connection.execute(statement).first() is not None


_HOLDING = (
    select(revisions.c.entry)
    .distinct()
    .join(files, files.c.revision == revisions.c.id)
    .where(files.c.state == int(FileState.STORED))
)
_STATES = {int(state): state for state in FileState}
_SEALED = and_(blobs.c.entry == revisions.c.entry, blobs.c.digest == files.c.digest)
_FILES = (
    select(
        revisions.c.entry, revisions.c.id, revisions.c.commit_hash,
        files.c.path, files.c.digest, files.c.size, files.c.state,
        blobs.c.size.label("seal_size"), blobs.c.inode, blobs.c.mtime_ns,
    )
    .join(files, files.c.revision == revisions.c.id, isouter=True)
    .join(blobs, _SEALED, isouter=True)
)  # fmt: skip
