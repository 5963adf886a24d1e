"""All SQL of the trash. Each step is a compare-and-set on the entry's row, so of two that meet one wins.

on the shelf   deleted_at is null
in the trash   deleted_at, and purge_after says until when it can be restored
being purged   deleted_at, purge_after is null: its files are going, nothing brings them back
purged         deleted_at and purged_at: only the row is left, with its lifetime counts
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, not_, or_, select, update

from steelyard.catalog.models import File, FileState, ModelStatus
from steelyard.catalog.status import is_pickle
from steelyard.catalog.tables import aliases, blobs, documents, entries, files, findings, refs, revisions
from steelyard.core.digest import Digest
from steelyard.jobs.models import LIVE
from steelyard.jobs.tables import jobs

_ON_SHELF: dict[str, Any] = {
    "deleted_at": None, "deleted_by": None, "purge_after": None, "purged_at": None,
    "status": ModelStatus.DOWNLOADING.value,
}  # fmt: skip
_MANY = 500  # digests in one IN list; databases have limits
_RESTORABLE = and_(entries.c.deleted_at.is_not(None), entries.c.purge_after.is_not(None), entries.c.purged_at.is_(None))
_NOT_PURGED = and_(entries.c.deleted_at.is_not(None), entries.c.purged_at.is_(None))


def throw(connection: Connection, key: int, by: str, now: datetime, purge_after: datetime) -> bool:
    """From the shelf to the trash; False when it is there already, or pinned."""
    values = {"deleted_at": now, "deleted_by": by, "purge_after": purge_after, "status": ModelStatus.DELETED.value}
    return _change(connection, key, and_(entries.c.deleted_at.is_(None), not_(entries.c.pinned)), values)


def restore(connection: Connection, key: int) -> bool:
    """From the trash to the shelf; False when it cannot be restored, or need not. Compute its status afterwards."""
    return _change(connection, key, _RESTORABLE, _ON_SHELF)


def revive(connection: Connection, key: int) -> bool:
    """A purged entry is wanted again: the row begins anew with its counts; False when it is not purged."""
    values = {**_ON_SHELF, "active": True}
    return _change(connection, key, entries.c.purged_at.is_not(None), values)


def hurry(connection: Connection, key: int, now: datetime) -> bool:
    """Let the time for restoring end now; False when it is not in the trash."""
    return _change(connection, key, _RESTORABLE, {"purge_after": now})


def begin_purge(connection: Connection, key: int, deleted_at: datetime, now: datetime) -> bool:
    """The point of no return, for this very deletion and once its time is over; True again for whoever takes the work
    up."""
    matches = and_(_NOT_PURGED, entries.c.deleted_at == deleted_at, _is_over(now))
    return _change(connection, key, matches, {"purge_after": None})


def end_purge(connection: Connection, key: int, now: datetime) -> bool:
    """The files are gone: forget what the entry held, and let go of its aliases."""
    being_purged = and_(_NOT_PURGED, entries.c.purge_after.is_(None))
    values = {"purged_at": now, "size_bytes": 0, "format": None}
    if not _change(connection, key, being_purged, values):
        return False
    own = select(revisions.c.id).where(revisions.c.entry == key)
    for table in (files, documents):
        connection.execute(delete(table).where(table.c.revision.in_(own)))
    for table in (revisions, refs, blobs, aliases):
        connection.execute(delete(table).where(table.c.entry == key))
    solved = (findings.c.entry == key, findings.c.resolved_at.is_(None))
    connection.execute(update(findings).where(*solved).values(resolved_at=now))
    return True


def unpurged(connection: Connection) -> list[int]:
    """Every entry in the trash, also those being purged."""
    return list(connection.execute(select(entries.c.id).where(_NOT_PURGED)).scalars())


def due(connection: Connection, now: datetime) -> list[int]:
    """Entries whose time in the trash is over, those first whose purge began already."""
    statement = select(entries.c.id).where(_NOT_PURGED, _is_over(now)).order_by(entries.c.purge_after.nulls_first())
    return list(connection.execute(statement).scalars())


def shares_folder(connection: Connection, key: int) -> bool:
    """Whether another entry on the shelf has its files in the same folder: one from another source."""
    mine = select(entries.c.kind, entries.c.repo, entries.c.private).where(entries.c.id == key).subquery()
    same = (
        entries.c.kind == mine.c.kind, entries.c.repo == mine.c.repo, entries.c.private == mine.c.private,
        entries.c.id != key,
    )  # fmt: skip
    return connection.execute(select(entries.c.id).where(*same, entries.c.deleted_at.is_(None))).first() is not None


def listed(connection: Connection, key: int) -> list[tuple[str, File]]:
    """Every file of every revision with its commit."""
    statement = select(files, revisions.c.commit_hash).join(revisions, files.c.revision == revisions.c.id)
    return [
        (row.commit_hash, File(row.path, row.size, Digest.parse(row.digest), FileState(row.state)))
        for row in connection.execute(statement.where(revisions.c.entry == key))
    ]


def needed_by_others(connection: Connection, key: int, digests: Sequence[Digest]) -> set[Digest]:
    """Those of these quarantined blobs that another entry has there, or that a live job of it may have found there."""
    busy = select(jobs.c.subject).where(jobs.c.status.in_(LIVE), jobs.c.subject.is_not(None))
    relies = or_(files.c.state == int(FileState.QUARANTINED), revisions.c.entry.in_(busy))
    statement = select(files.c.digest).join(revisions, files.c.revision == revisions.c.id)
    found: set[Digest] = set()
    for start in range(0, len(digests), _MANY):
        wanted = files.c.digest.in_([str(digest) for digest in digests[start : start + _MANY]])
        rows = connection.execute(statement.where(wanted, revisions.c.entry != key, relies))
        found |= {Digest.parse(text) for text in rows.scalars()}
    return found


def last_cancelled(connection: Connection, key: int) -> datetime | None:
    """When a job about an entry was last called off that somebody had worked on."""
    off = (jobs.c.subject == key, jobs.c.attempt > 0, jobs.c.status == "cancelled")
    last: datetime | None = connection.execute(select(func.max(jobs.c.finished_at)).where(*off)).scalar_one()
    return last


def _is_over(now: datetime) -> ColumnElement[bool]:
    return or_(entries.c.purge_after <= now, entries.c.purge_after.is_(None))


def _change(connection: Connection, key: int, matches: ColumnElement[bool], values: dict[str, Any]) -> bool:
    return connection.execute(update(entries).where(entries.c.id == key, matches).values(**values)).rowcount == 1


def perhaps_quarantined(found: Iterable[tuple[str, File]]) -> list[Digest]:
    """Those in quarantine, and those that a job may have left there which was called off before it wrote that down."""
    files = [file for _, file in found if file.state is not FileState.STORED]
    return list(dict.fromkeys(one.digest for one in files if one.state is FileState.QUARANTINED or is_pickle(one.path)))


def quarantined(found: Iterable[tuple[str, File]]) -> list[Digest]:
    """The blobs among these files that are in quarantine, each once."""
    return list(dict.fromkeys(file.digest for _, file in found if file.state is FileState.QUARANTINED))
