"""All SQL of pushing."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from steelyard.catalog import revisions
from steelyard.catalog.models import DEPOT_HUB, File, FileState
from steelyard.catalog.tables import entries, files, refs
from steelyard.catalog.tables import revisions as revision_rows
from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.db.upsert import insert_or_update
from steelyard.downloads.push.models import Commit, Upload
from steelyard.downloads.push.tables import commits, tags, uploads
from steelyard.storage.layout import RepoFolder

_MANY = 500  # values in one IN list; databases have limits


@dataclass(frozen=True, slots=True)
class StoredRef:
    """A branch or tag of a pushed repository on the shelf, and the folder that has it."""

    entry: int
    folder: RepoFolder
    name: str
    commit: str


def add_commit(connection: Connection, entry: int, commit: Commit) -> None:
    """Write a commit down."""
    connection.execute(commits.insert().values(entry=entry, **asdict(commit)))


def find_commit(connection: Connection, entry: int, oid: str) -> Commit | None:
    """One commit of a repository."""
    row = connection.execute(select(commits).where(commits.c.entry == entry, commits.c.oid == oid)).one_or_none()
    return None if row is None else _commit(row)


def history(connection: Connection, entry: int, head: str) -> list[Commit]:
    """A commit and those before it, the newest first."""
    known = {row.oid: _commit(row) for row in connection.execute(select(commits).where(commits.c.entry == entry))}
    found: list[Commit] = []
    commit = known.get(head)
    while commit is not None:
        found.append(commit)
        commit = known.get(commit.parent) if commit.parent is not None else None
    return found


def head(connection: Connection, entry: int, branch: str) -> str | None:
    """The commit that a branch or tag means."""
    return revisions.ref(connection, entry, branch)


def resolve(connection: Connection, entry: int, revision: str) -> str | None:
    """The commit that a branch, a tag or a commit's own name means; None when the repository has none such."""
    found = head(connection, entry, revision)
    if found is not None:
        return found
    commit = find_commit(connection, entry, revision)
    return None if commit is None else commit.oid


def refs_of(connection: Connection, entry: int) -> dict[str, str]:
    """All branches and tags, by name."""
    rows = connection.execute(select(refs.c.name, refs.c.commit_hash).where(refs.c.entry == entry))
    return {row.name: row.commit_hash for row in rows}


def all_refs(connection: Connection) -> list[StoredRef]:
    """The branches and tags of all pushed repositories on the shelf."""
    pushed = (entries.c.hub == DEPOT_HUB, entries.c.deleted_at.is_(None))
    columns = (entries.c.id, entries.c.kind, entries.c.repo, entries.c.private, refs.c.name, refs.c.commit_hash)
    rows = connection.execute(select(*columns).join(refs, refs.c.entry == entries.c.id).where(*pushed))
    return [
        StoredRef(row.id, RepoFolder(Kind(row.kind), row.repo, row.private), row.name, row.commit_hash) for row in rows
    ]


def tags_of(connection: Connection, entry: int) -> set[str]:
    """Which of them are tags."""
    return set(connection.execute(select(tags.c.name).where(tags.c.entry == entry)).scalars())


def point(connection: Connection, entry: int, name: str, commit: str, now: datetime) -> None:
    """Let a branch or tag mean a commit, whatever it meant."""
    change = {"commit_hash": commit, "updated_at": now}
    insert_or_update(connection, refs, {"entry": entry, "name": name, **change}, ["entry", "name"], change)


def drop(connection: Connection, entry: int, name: str) -> None:
    """A branch or tag means nothing any more."""
    connection.execute(delete(tags).where(tags.c.entry == entry, tags.c.name == name))
    connection.execute(delete(refs).where(refs.c.entry == entry, refs.c.name == name))


def add_tag(connection: Connection, entry: int, name: str, message: str | None, now: datetime) -> None:
    """A reference is a tag."""
    connection.execute(tags.insert().values(entry=entry, name=name, message=message, at=now))


def files_at(connection: Connection, entry: int, commit: str) -> list[File]:
    """The files of a commit, by path."""
    revision = revisions.find(connection, entry, commit)
    return [] if revision is None else revisions.list_files(connection, revision.id)


def held_sizes(
    connection: Connection, keys: Collection[int], digests: Sequence[Digest], states: Collection[FileState]
) -> dict[Digest, int]:
    """Of these blobs the ones that some entries have in one of these states, with their sizes."""
    found: dict[Digest, int] = {}
    for start in range(0, len(digests), _MANY):
        wanted = files.c.digest.in_([str(digest) for digest in digests[start : start + _MANY]])
        here = (revision_rows.c.entry.in_(keys), files.c.state.in_([int(state) for state in states]))
        statement = select(files.c.digest, func.max(files.c.size).label("size")).where(wanted, *here)
        joined = statement.join(revision_rows, files.c.revision == revision_rows.c.id).group_by(files.c.digest)
        found |= {Digest.parse(row.digest): int(row.size) for row in connection.execute(joined)}
    return found


def discard(connection: Connection, revision: int) -> None:
    """Forget a revision that never came to be."""
    unfinished = select(revision_rows.c.id).where(
        revision_rows.c.id == revision, revision_rows.c.completed_at.is_(None)
    )
    connection.execute(delete(files).where(files.c.revision.in_(unfinished)))
    connection.execute(
        delete(revision_rows).where(revision_rows.c.id == revision, revision_rows.c.completed_at.is_(None))
    )


def open_uploads(connection: Connection, rows: Iterable[tuple[str, int, Upload]]) -> None:
    """Write down leave to send bytes, as the ticket's hash, the principal's key and what may come."""
    values = [
        {
            "ticket_hash": ticket, "principal": principal, "entry": upload.entry, "digest": str(upload.digest),
            "size": upload.size, "expires_at": upload.expires_at,
        }
        for ticket, principal, upload in rows
    ]  # fmt: skip
    if values:
        connection.execute(uploads.insert(), values)


def find_upload(connection: Connection, ticket_hash: str) -> Upload | None:
    """What a ticket is for."""
    row = connection.execute(select(uploads).where(uploads.c.ticket_hash == ticket_hash)).one_or_none()
    return None if row is None else Upload(row.entry, Digest.parse(row.digest), row.size, row.expires_at)


def close_uploads(connection: Connection, entry: int, digests: Sequence[Digest]) -> None:
    """These bytes are in a commit: no more of them need come."""
    for start in range(0, len(digests), _MANY):
        some = uploads.c.digest.in_([str(digest) for digest in digests[start : start + _MANY]])
        connection.execute(delete(uploads).where(uploads.c.entry == entry, some))


def forget_expired(connection: Connection, now: datetime) -> int:
    """Delete the tickets whose time is over; returns how many."""
    return connection.execute(delete(uploads).where(uploads.c.expires_at < now)).rowcount


def forget_history(connection: Connection, entry: int) -> None:
    """A purged repository begins anew."""
    for table in (commits, tags, uploads):
        connection.execute(delete(table).where(table.c.entry == entry))


def forget_author(connection: Connection, name: str, pseudonym: str) -> None:
    """Somebody is forgotten: their commits say the pseudonym."""
    connection.execute(update(commits).where(commits.c.author == name).values(author=pseudonym))


def _commit(row: Row[Any]) -> Commit:
    return Commit(row.oid, row.parent, row.title, row.message, row.author, row.at)
