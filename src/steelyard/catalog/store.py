"""SQL of single entries: find, change, count; lists are in ``listing``."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    delete,
    func,
    select,
    update,
)

from steelyard.catalog import trash_store
from steelyard.catalog.errors import being_purged
from steelyard.catalog.hidden import shown_to
from steelyard.catalog.models import Entry, EntryName, FileState, FirstDownload, ModelStatus, Traits, Trash
from steelyard.catalog.tables import aliases, entries, files, revisions
from steelyard.core.ids import new_key
from steelyard.core.ref import Kind
from steelyard.db.upsert import insert_new

# In the order in which as_entry takes them: reading 30 columns by name took longer than making the entry.
COLUMNS = tuple(
    entries.c[name]
    for name in (
        "id", "hub", "kind", "repo", "title", "description", "tags", "owner", "active", "private", "pinned",
        "status", "format", "size_bytes", "download_count", "uses", "first_used_at", "last_used_at", "created_at",
        "architecture", "parameters", "quantization", "context_length", "license",
        "first_downloaded_by", "first_downloaded_at", "first_downloaded_from",
        "deleted_at", "deleted_by", "purge_after", "purged_at",
    )
)  # fmt: skip


def ensure(connection: Connection, name: EntryName, owner: str | None, now: datetime) -> Entry:
    """The entry of that name, made as ``downloading`` if need be; one that was deleted is on the shelf again.

    Whoever brings one back settles its folder afterwards. Raises ModelDeleted while it is being purged.
    """
    row = {
        "id": new_key(), "hub": name.hub, "kind": name.kind.value, "repo": name.repo, "title": name.repo, "tags": [],
        "owner": owner, "active": True, "private": False, "pinned": False, "status": ModelStatus.DOWNLOADING.value,
        "download_count": 0, "uses": 0, "size_bytes": 0, "created_at": now, "sort_name": name.repo.casefold(),
        "search_words": _search_words(name.repo, name.repo, []),
    }  # fmt: skip
    insert_new(connection, entries, [row], ["hub", "kind", "repo"])
    found = _inserted(connection, name)
    return found if found.trash is None else _brought_back(connection, found)


def get(connection: Connection, key: int) -> Entry | None:
    """The entry of a key."""
    row = connection.execute(select(*COLUMNS).where(entries.c.id == key)).one_or_none()
    return as_entry(row) if row else None


def find(connection: Connection, name: EntryName) -> Entry | None:
    """The entry of a full name."""
    matches = (entries.c.hub == name.hub, entries.c.kind == name.kind.value, entries.c.repo == name.repo)
    row = connection.execute(select(*COLUMNS).where(*matches)).one_or_none()
    return as_entry(row) if row else None


def find_by_repo(connection: Connection, kind: Kind, repo: str) -> Entry | None:
    """The entry that a name without a hub means: the oldest one, rather one on the shelf than a deleted one."""
    matches = (entries.c.kind == kind.value, entries.c.repo == repo)
    oldest = (entries.c.deleted_at.is_not(None), entries.c.id)
    row = connection.execute(select(*COLUMNS).where(*matches).order_by(*oldest).limit(1)).one_or_none()
    return as_entry(row) if row else None


def as_entry(values: Sequence[Any]) -> Entry:
    """The entry that a row of ``COLUMNS`` tells."""
    (
        key, hub, kind, repo, title, description, tags, owner, active, private, pinned,
        status, file_format, size, download_count, uses, first_used_at, last_used_at, created_at, *rest,
    ) = values  # fmt: skip
    traits, (by, at, address), trash = rest[:5], rest[5:8], rest[8:]
    return Entry(
        key, EntryName(hub, Kind(kind), repo), title, description, tags, owner, active, private, pinned,
        ModelStatus(status), file_format, Traits(*traits), size, FirstDownload(by, at, address) if at else None,
        download_count, uses, first_used_at, last_used_at, created_at, Trash(*trash) if trash[0] else None,
    )  # fmt: skip


def change(connection: Connection, entry: Entry, values: Mapping[str, Any]) -> None:
    """Write columns of an entry; what it is found by follows its title and its tags."""
    title, tags = values.get("title", entry.title), values.get("tags", entry.tags)
    found_by = {"search_words": _search_words(entry.name.repo, title, tags)}
    connection.execute(update(entries).where(entries.c.id == entry.id).values(**values, **found_by))


def remove_if_empty(connection: Connection, key: int) -> None:
    """Forget an entry that turned out to be another name of a repository, unless anything of it was ever listed."""
    listed = select(revisions.c.id).where(revisions.c.entry == key).exists()
    named = select(aliases.c.alias).where(aliases.c.entry == key).exists()
    connection.execute(delete(entries).where(entries.c.id == key, ~listed, ~named))


def set_computed(connection: Connection, key: int, status: ModelStatus, best_format: str | None, size: int) -> None:
    """Write down what was computed from files and jobs, so that lists can filter and sort by it."""
    values = {"status": status.value, "format": best_format, "size_bytes": size}
    connection.execute(update(entries).where(entries.c.id == key).values(**values))


def set_first_download(connection: Connection, key: int, first: FirstDownload) -> None:
    """Remember the first downloader; a later one changes nothing."""
    unset = (entries.c.id == key, entries.c.first_downloaded_at.is_(None))
    values = {
        "first_downloaded_by": first.by, "first_downloaded_at": first.at, "first_downloaded_from": first.address,
        "owner": func.coalesce(entries.c.owner, first.by),
    }  # fmt: skip
    connection.execute(update(entries).where(*unset).values(**values))


def count_download(connection: Connection, key: int, now: datetime, *, is_use: bool) -> None:
    """Count one completed request into the lifetime totals."""
    values: dict[str, Any] = {"download_count": entries.c.download_count + 1}
    if is_use:
        values |= {
            "uses": entries.c.uses + 1,
            "last_used_at": now,
            "first_used_at": func.coalesce(entries.c.first_used_at, now),
        }
    connection.execute(update(entries).where(entries.c.id == key).values(**values))


def count(connection: Connection, viewer: str | None = None) -> int:
    """How many entries stand on the shelf for a ``viewer``; not those that never arrived, nor the trash."""
    arrived = (ModelStatus.READY.value, ModelStatus.QUARANTINED.value, ModelStatus.PARTIAL.value)
    there = entries.c.status.in_(arrived) if viewer is None else entries.c.status.in_(arrived) & shown_to(viewer)
    return connection.execute(select(func.count()).select_from(entries).where(there)).scalar_one()


def count_by_status(connection: Connection) -> dict[str, int]:
    """How many entries are in each state; those in the trash count until they are purged."""
    there = entries.c.purged_at.is_(None)
    rows = connection.execute(select(entries.c.status, func.count()).where(there).group_by(entries.c.status))
    return {row[0]: row[1] for row in rows}


def total_downloads(connection: Connection) -> int:
    """Every request that was ever completed."""
    total = select(func.coalesce(func.sum(entries.c.download_count), 0))
    return int(connection.execute(total).scalar_one())


def stored_bytes(connection: Connection) -> int:
    """Bytes of all files that are here, shared ones once."""
    here = files.c.state != int(FileState.LISTED)
    once = select(func.max(files.c.size).label("size")).where(here).group_by(files.c.digest).subquery()
    return int(connection.execute(select(func.coalesce(func.sum(once.c.size), 0))).scalar_one())


def sizes(connection: Connection, keys: list[int]) -> dict[int, int]:
    """Bytes of each entry's files that are here, blobs that its revisions share once."""
    here = (revisions.c.entry.in_(keys), files.c.state != int(FileState.LISTED))
    once = (
        select(revisions.c.entry, func.max(files.c.size).label("size"))
        .join(files, files.c.revision == revisions.c.id)
        .where(*here)
        .group_by(revisions.c.entry, files.c.digest)
        .subquery()
    )
    rows = connection.execute(select(once.c.entry, func.sum(once.c.size).label("bytes")).group_by(once.c.entry))
    return {row.entry: int(row.bytes) for row in rows}


def _search_words(repo: str, title: str, tags: Sequence[str]) -> str:
    """What a search looks into, without case: folding three columns of 10,000 models took it half of its time."""
    return "\n".join((repo, title, *tags)).casefold()


def _inserted(connection: Connection, name: EntryName) -> Entry:
    found = find(connection, name)
    assert found is not None  # noqa: S101 - inserted in the same transaction
    return found


def _brought_back(connection: Connection, entry: Entry) -> Entry:
    if not trash_store.restore(connection, entry.id) and not trash_store.revive(connection, entry.id):
        raise being_purged(str(entry.name))
    return _inserted(connection, entry.name)
