"""All SQL of verdicts and allowances: what is known about each blob that may run code, wherever it lies."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select, update

from steelyard.catalog.models import File, FileState
from steelyard.catalog.pickles.verdict import Allowance, Standing, Verdict
from steelyard.catalog.status import is_pickle
from steelyard.catalog.tables import entries, files, pickles, revisions
from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.db.upsert import insert_new, insert_or_update
from steelyard.storage.layout import RepoFolder

_MANY = 500  # digests in one IN list; databases have limits
_NOT_ALLOWED: dict[str, Any] = {"allowed_by": None, "allowed_at": None, "allow_reason": None}


@dataclass(frozen=True, slots=True)
class Shown:
    """A file of a revision of an entry on the shelf, by the name under which it may be loaded."""

    revision: int
    commit: str
    file: File


def standings(connection: Connection, digests: Iterable[Digest]) -> dict[Digest, Standing]:
    """What is known about these blobs."""
    texts, found = list(dict.fromkeys(str(digest) for digest in digests)), {}
    for start in range(0, len(texts), _MANY):
        some = pickles.c.digest.in_(texts[start : start + _MANY])
        for row in connection.execute(select(pickles).where(some)):
            standing = _standing(row)
            found[standing.digest] = standing
    return found


def passing(connection: Connection, digests: Iterable[Digest]) -> set[Digest]:
    """Those of these blobs that may be shown."""
    return {digest for digest, standing in standings(connection, digests).items() if standing.passes}


def record(connection: Connection, digest: Digest, size: int, verdict: Verdict, scanner: str, now: datetime) -> None:
    """A scan came to its end. What an administrator said about the blob stays."""
    found = {"safe": verdict.safe, "reasons": list(verdict.reasons), "scanner": scanner, "scanned_at": now}
    row = {"digest": str(digest), "size": size, **found}
    insert_or_update(connection, pickles, row, ["digest"], found)


def allow(connection: Connection, blobs: Sequence[tuple[Digest, int]], allowance: Allowance) -> None:
    """An administrator answers for these blobs, scanned or not."""
    rows = [{"digest": str(digest), "size": size} for digest, size in blobs]
    insert_new(connection, pickles, rows, ["digest"])
    values = {"allowed_by": allowance.by, "allowed_at": allowance.at, "allow_reason": allowance.reason}
    _change(connection, [digest for digest, _ in blobs], values)


def disallow(connection: Connection, digests: Sequence[Digest]) -> None:
    """Nobody answers for these blobs any more."""
    _change(connection, digests, _NOT_ALLOWED)


def forget(connection: Connection, name: str, pseudonym: str) -> None:
    """Somebody is forgotten: what they answered for says the pseudonym."""
    connection.execute(update(pickles).where(pickles.c.allowed_by == name).values(allowed_by=pseudonym))


def unscanned(connection: Connection, scanner: str) -> list[tuple[Digest, int]]:
    """The blobs that wait in quarantine and that this scanner has not seen; and those that another one let pass."""
    old = or_(pickles.c.scanner.is_(None), pickles.c.scanner != scanner)
    waits = and_(files.c.state == int(FileState.QUARANTINED), old)
    passed = and_(files.c.state == int(FileState.STORED), pickles.c.safe, old)
    statement = (
        select(files.c.digest, files.c.size)
        .distinct()
        .join(revisions, files.c.revision == revisions.c.id)
        .join(entries, revisions.c.entry == entries.c.id)
        .join(pickles, pickles.c.digest == files.c.digest, isouter=True)
        .where(or_(waits, passed), entries.c.deleted_at.is_(None))
    )
    return [(Digest.parse(row.digest), row.size) for row in connection.execute(statement.order_by(files.c.digest))]


def of_entry(connection: Connection, entry: int) -> list[Shown]:
    """The files of an entry on the shelf that are here and can be loaded as pickles, under all names that their
    revision has for them."""
    here = (files.c.state != int(FileState.LISTED), revisions.c.entry == entry, entries.c.deleted_at.is_(None))
    statement = (
        select(files, revisions.c.commit_hash)
        .join(revisions, files.c.revision == revisions.c.id)
        .join(entries, revisions.c.entry == entries.c.id)
    )
    found = [_shown(row) for row in connection.execute(statement.where(*here).order_by(files.c.revision, files.c.path))]
    dangerous = {
        (one.revision, one.file.digest)
        for one in found
        if is_pickle(one.file.path) or one.file.state is FileState.QUARANTINED
    }
    return [one for one in found if (one.revision, one.file.digest) in dangerous]


def unsettled(connection: Connection) -> list[int]:
    """Entries on the shelf with files in quarantine that pass, or shown ones of which something is known that does
    not."""
    passes = or_(pickles.c.allowed_at.is_not(None), pickles.c.safe)
    wrong = or_(
        and_(files.c.state == int(FileState.QUARANTINED), passes),
        and_(files.c.state == int(FileState.STORED), pickles.c.allowed_at.is_(None), pickles.c.safe.is_not(True)),
    )
    statement = (
        select(revisions.c.entry)
        .distinct()
        .join(files, files.c.revision == revisions.c.id)
        .join(entries, revisions.c.entry == entries.c.id)
        .join(pickles, pickles.c.digest == files.c.digest)
        .where(wrong, entries.c.deleted_at.is_(None))
    )
    return list(connection.execute(statement.order_by(revisions.c.entry)).scalars())


def entries_with(connection: Connection, digests: Sequence[Digest]) -> list[int]:
    """Entries on the shelf that have any of these blobs."""
    found: set[int] = set()
    statement = (
        select(revisions.c.entry)
        .distinct()
        .join(files, files.c.revision == revisions.c.id)
        .join(entries, revisions.c.entry == entries.c.id)
        .where(files.c.state != int(FileState.LISTED), entries.c.deleted_at.is_(None))
    )
    for start in range(0, len(digests), _MANY):
        some = files.c.digest.in_([str(digest) for digest in digests[start : start + _MANY]])
        found |= set(connection.execute(statement.where(some)).scalars())
    return sorted(found)


def shown_in_folder(connection: Connection, folder: RepoFolder, digest: Digest) -> bool:
    """Whether any entry whose files lie in this folder shows a blob."""
    there = (entries.c.kind == folder.kind.value, entries.c.repo == folder.repo, entries.c.private == folder.private)
    statement = (
        select(files.c.path)
        .join(revisions, files.c.revision == revisions.c.id)
        .join(entries, revisions.c.entry == entries.c.id)
        .where(*there, files.c.digest == str(digest), files.c.state == int(FileState.STORED))
    )
    return connection.execute(statement.limit(1)).first() is not None


def folder_of(connection: Connection, entry: int) -> RepoFolder | None:
    """The folder of an entry on the shelf; None for one in the trash."""
    columns = (entries.c.kind, entries.c.repo, entries.c.private)
    there = (entries.c.id == entry, entries.c.deleted_at.is_(None))
    row = connection.execute(select(*columns).where(*there)).one_or_none()
    return RepoFolder(Kind(row.kind), row.repo, row.private) if row else None


def move(connection: Connection, shown: Shown, state: FileState) -> bool:
    """Let a name be in another state; False when it is not any more where it was."""
    same = (files.c.revision == shown.revision, files.c.path == shown.file.path)
    was = (files.c.digest == str(shown.file.digest), files.c.state == int(shown.file.state))
    return connection.execute(update(files).where(*same, *was).values(state=int(state))).rowcount == 1


def _change(connection: Connection, digests: Sequence[Digest], values: dict[str, Any]) -> None:
    for start in range(0, len(digests), _MANY):
        some = pickles.c.digest.in_([str(digest) for digest in digests[start : start + _MANY]])
        connection.execute(update(pickles).where(some).values(**values))


def _shown(row: Row[Any]) -> Shown:
    file = File(row.path, row.size, Digest.parse(row.digest), FileState(row.state))
    return Shown(row.revision, row.commit_hash, file)


def _standing(row: Row[Any]) -> Standing:
    verdict = None if row.safe is None else Verdict(row.safe, tuple(row.reasons or ()))
    allowance = None if row.allowed_at is None else Allowance(row.allowed_by, row.allowed_at, row.allow_reason)
    return Standing(Digest.parse(row.digest), row.size, verdict, row.scanner, allowance)
