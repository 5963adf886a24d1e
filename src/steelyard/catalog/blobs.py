"""All SQL of seals: which file held a blob's bytes when its hash was last right.

Whoever finds a hash right writes the seal; whoever wants to rely on bytes that lie here already compares the file with
it. A file that differs, or has no seal, must be hashed before anybody gets it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, not_, or_, select, true

from steelyard.catalog.models import EntryName, FileState
from steelyard.catalog.tables import blobs, entries, files, revisions
from steelyard.core.digest import Digest
from steelyard.core.ref import Kind
from steelyard.db.upsert import insert_or_update
from steelyard.storage.fingerprint import Fingerprint

_MANY = 500  # digests in one IN list; databases have limits


@dataclass(frozen=True, slots=True)
class Seal:
    """A file as it was when its hash was right, and when that was."""

    file: Fingerprint
    verified_at: datetime


@dataclass(frozen=True, slots=True)
class Holder:
    """An entry whose folder holds a blob, as the table has it; ``seal`` is None for one that nobody sealed yet."""

    entry: int
    name: EntryName
    digest: Digest
    seal: Seal | None
    private: bool = False


def seal(connection: Connection, entry: int, found: Mapping[Digest, Fingerprint], now: datetime) -> None:
    """The hashes of these files were right just now."""
    for digest, file in found.items():
        seen = {"size": file.size, "inode": str(file.inode), "mtime_ns": file.mtime_ns, "verified_at": now}
        insert_or_update(connection, blobs, {"entry": entry, "digest": str(digest), **seen}, ["entry", "digest"], seen)


def unseal(connection: Connection, entry: int, digests: Iterable[Digest]) -> None:
    """These bytes are gone or wrong."""
    texts = [str(digest) for digest in digests]
    for start in range(0, len(texts), _MANY):
        some = blobs.c.digest.in_(texts[start : start + _MANY])
        connection.execute(delete(blobs).where(blobs.c.entry == entry, some))


def seals_of(connection: Connection, keys: Sequence[int]) -> dict[int, dict[Digest, Seal]]:
    """The seals of some entries."""
    found: dict[int, dict[Digest, Seal]] = {key: {} for key in keys}
    for row in connection.execute(select(blobs).where(blobs.c.entry.in_(keys))):
        found[row.entry][Digest.parse(row.digest)] = _seal(row)
    return found


def seal_of(connection: Connection, entry: int, digest: Digest) -> Seal | None:
    """The seal of one blob of an entry."""
    matches = (blobs.c.entry == entry, blobs.c.digest == str(digest))
    row = connection.execute(select(blobs).where(*matches)).one_or_none()
    return None if row is None else _seal(row)


def holders(
    connection: Connection, digests: Sequence[Digest], state: FileState = FileState.STORED
) -> dict[Digest, list[Holder]]:
    """For each of these blobs that is in this state, the entries that have it so. What lies in the trash holds none."""
    return _holders(connection, digests, state, true())


def takable(
    connection: Connection, digests: Sequence[Digest], target: int | None, state: FileState = FileState.STORED
) -> dict[Digest, list[Holder]]:
    """Those holders that an entry may have bytes from: public ones, itself, and what belongs to its owner.

    For an entry that there is not yet (None) only public ones.
    """
    own = entries.alias()
    owner = select(own.c.owner).where(own.c.id == target).scalar_subquery()
    open_to = or_(not_(entries.c.private), entries.c.id == target, entries.c.owner == owner)
    return _holders(connection, digests, state, open_to)


def is_closed(connection: Connection, digest: Digest, name: EntryName) -> bool:
    """Whether a private model of another owner lists this blob: what comes in of it may be that model's bytes."""
    mine = entries.alias()
    own = select(mine.c.owner).where(mine.c.hub == name.hub, mine.c.kind == name.kind.value, mine.c.repo == name.repo)
    others = ~((entries.c.hub == name.hub) & (entries.c.kind == name.kind.value) & (entries.c.repo == name.repo))
    listed = (
        select(entries.c.id)
        .join(revisions, revisions.c.entry == entries.c.id)
        .join(files, files.c.revision == revisions.c.id)
        .where(files.c.digest == str(digest), entries.c.private, others)
        .where(or_(entries.c.owner.is_(None), entries.c.owner.is_distinct_from(own.scalar_subquery())))
    )
    return connection.execute(listed.limit(1)).first() is not None


def withheld(connection: Connection, digests: Sequence[Digest], target: int) -> set[Digest]:
    """Those of these blobs that wait in quarantine only for private models which an entry may not have bytes from."""
    waiting = holders(connection, digests, FileState.QUARANTINED)
    return set(waiting).difference(takable(connection, digests, target, FileState.QUARANTINED))


def _holders(
    connection: Connection, digests: Sequence[Digest], state: FileState, which: ColumnElement[bool]
) -> dict[Digest, list[Holder]]:
    found: dict[Digest, list[Holder]] = {}
    for start in range(0, len(digests), _MANY):
        wanted = [str(digest) for digest in digests[start : start + _MANY]]
        matches = (files.c.digest.in_(wanted), files.c.state == int(state), entries.c.deleted_at.is_(None))
        for row in connection.execute(_HOLDERS.where(*matches, which)):
            found.setdefault(Digest.parse(row.digest), []).append(_holder(row))
    return found


_SEALED = and_(blobs.c.entry == entries.c.id, blobs.c.digest == files.c.digest)
_HOLDERS = (
    select(
        files.c.digest, entries.c.id, entries.c.hub, entries.c.kind, entries.c.repo, entries.c.private,
        blobs.c.size, blobs.c.inode, blobs.c.mtime_ns, blobs.c.verified_at,
    )
    .distinct()
    .join(revisions, files.c.revision == revisions.c.id)
    .join(entries, revisions.c.entry == entries.c.id)
    .join(blobs, _SEALED, isouter=True)
)  # fmt: skip


def _holder(row: Any) -> Holder:
    name = EntryName(row.hub, Kind(row.kind), row.repo)
    return Holder(row.id, name, Digest.parse(row.digest), None if row.inode is None else _seal(row), row.private)


def _seal(row: Row[Any]) -> Seal:
    return Seal(Fingerprint(row.size, int(row.inode), row.mtime_ns), row.verified_at)
