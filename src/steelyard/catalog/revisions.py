"""All SQL of revisions, refs and files."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from steelyard.catalog.models import EntryName, File, FileState, Revision
from steelyard.catalog.tables import entries, files, refs, revisions
from steelyard.core.digest import Digest
from steelyard.core.ids import new_key
from steelyard.core.ref import Kind
from steelyard.db.upsert import insert_new, insert_or_update

_MANY = 1000  # names in one IN list; databases have limits
_HOLDERS = (
    select(files.c.digest, entries.c.hub, entries.c.kind, entries.c.repo)
    .distinct()
    .join(revisions, files.c.revision == revisions.c.id)
    .join(entries, revisions.c.entry == entries.c.id)
)


def ensure(connection: Connection, entry: int, commit: str, now: datetime) -> Revision:
    """The revision of a commit, made if need be."""
    row = {"id": new_key(), "entry": entry, "commit_hash": commit, "created_at": now}
    insert_new(connection, revisions, [row], ["entry", "commit_hash"])
    found = find(connection, entry, commit)
    assert found is not None  # noqa: S101 - inserted above, in the same transaction
    return found


def find(connection: Connection, entry: int, commit: str) -> Revision | None:
    """The revision of a commit."""
    matches = (revisions.c.entry == entry, revisions.c.commit_hash == commit)
    row = connection.execute(select(revisions).where(*matches)).one_or_none()
    return _revision(row) if row else None


def of_entry(connection: Connection, entry: int) -> list[Revision]:
    """All revisions, the newest complete one first."""
    newest = (revisions.c.completed_at.desc().nulls_last(), revisions.c.created_at.desc())
    return [
        _revision(row)
        for row in connection.execute(select(revisions).where(revisions.c.entry == entry).order_by(*newest))
    ]


def latest_complete(connection: Connection, keys: Sequence[int]) -> dict[int, Revision]:
    """The newest complete revision of each entry that has one."""
    complete = (revisions.c.entry.in_(keys), revisions.c.completed_at.is_not(None))
    rows = connection.execute(select(revisions).where(*complete).order_by(revisions.c.completed_at))
    return {row.entry: _revision(row) for row in rows}


def complete(connection: Connection, revision: int, job: str, now: datetime) -> None:
    """A set of files that somebody asked for is complete."""
    values = {"completed_at": now, "job": job}
    connection.execute(update(revisions).where(revisions.c.id == revision).values(**values))


def reopen(connection: Connection, revision: int) -> None:
    """What was complete no longer is."""
    connection.execute(update(revisions).where(revisions.c.id == revision).values(completed_at=None))


def set_ref(connection: Connection, entry: int, name: str, commit: str, asked_at: datetime) -> bool:
    """Remember what a branch or tag meant when the hub was asked; False when it was asked again since.

    An old job that is resumed late must not turn a branch back.
    """
    if not is_newest_ref(connection, entry, name, asked_at):
        return False
    row = {"entry": entry, "name": name, "commit_hash": commit, "updated_at": asked_at}
    change = {"commit_hash": commit, "updated_at": asked_at}
    insert_or_update(connection, refs, row, ["entry", "name"], change)
    return True


def is_newest_ref(connection: Connection, entry: int, name: str, asked_at: datetime) -> bool:
    """Whether nobody has asked the hub for this branch or tag after ``asked_at``."""
    later = (refs.c.entry == entry, refs.c.name == name, refs.c.updated_at > asked_at)
    return connection.execute(select(refs.c.name).where(*later)).first() is None


def ref(connection: Connection, entry: int, name: str) -> str | None:
    """The commit that a branch or tag meant when we last asked."""
    matches = (refs.c.entry == entry, refs.c.name == name)
    return connection.execute(select(refs.c.commit_hash).where(*matches)).scalar_one_or_none()


def list_files(connection: Connection, revision: int) -> list[File]:
    """Every file of a revision, by path."""
    return files_of(connection, [revision]).get(revision, [])


def files_of(connection: Connection, keys: Sequence[int]) -> dict[int, list[File]]:
    """The files of several revisions, by path."""
    found: dict[int, list[File]] = {}
    statement = select(files).where(files.c.revision.in_(keys)).order_by(files.c.revision, files.c.path)
    for row in connection.execute(statement):
        found.setdefault(row.revision, []).append(_file(row))
    return found


def add_files(connection: Connection, revision: int, listed: Iterable[File]) -> None:
    """Write down what the hub lists; files that are known already stay as they are."""
    rows = [
        {
            "revision": revision,
            "path": file.path,
            "size": file.size,
            "digest": str(file.digest),
            "state": int(file.state),
        }
        for file in listed
    ]
    insert_new(connection, files, rows, ["revision", "path"])


def mark_files(connection: Connection, revision: int, paths: Iterable[str], state: FileState) -> None:
    """Set the state of these files; others with the same bytes are shown nowhere until they are wanted as well."""
    statement = (
        update(files).where(files.c.revision == revision, files.c.path == bindparam("wanted")).values(state=int(state))
    )
    rows = [{"wanted": path} for path in paths]
    if rows:
        connection.execute(statement, rows)


def holders(connection: Connection, digests: Sequence[Digest]) -> dict[Digest, list[EntryName]]:
    """For each of these blobs that is stored, the entries whose folders hold it."""
    found: dict[Digest, list[EntryName]] = {}
    for start in range(0, len(digests), _MANY):
        wanted = [str(digest) for digest in digests[start : start + _MANY]]
        stored = (files.c.digest.in_(wanted), files.c.state == int(FileState.STORED))
        for row in connection.execute(_HOLDERS.where(*stored)):
            found.setdefault(Digest.parse(row.digest), []).append(EntryName(row.hub, Kind(row.kind), row.repo))
    return found


def _file(row: Row[Any]) -> File:
    return File(row.path, row.size, Digest.parse(row.digest), FileState(row.state))


def _revision(row: Row[Any]) -> Revision:
    return Revision(row.id, row.entry, row.commit_hash, row.completed_at, row.job)
