"""What is known of an entry from before it came here: SQL of imports on the shelf."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from steelyard.catalog import store
from steelyard.catalog.models import Entry, EntryName, FileState, FirstDownload
from steelyard.catalog.tables import entries, files, revisions
from steelyard.core.digest import Digest
from steelyard.core.ref import Kind


@dataclass(frozen=True, slots=True)
class Origin:
    """What somebody else's records say of a model; None and 0 where they are silent.

    A first download needs a name and a time; its address may be unknown.
    """

    title: str | None = None
    description: str | None = None
    tags: Sequence[str] = ()
    downloaded_by: str | None = None
    downloaded_at: datetime | None = None
    downloaded_from: str | None = None
    downloads: int = 0


def repositories(connection: Connection) -> dict[Kind, set[str]]:
    """The names of all entries."""
    found: dict[Kind, set[str]] = {}
    for row in connection.execute(select(entries.c.kind, entries.c.repo)):
        found.setdefault(Kind(row.kind), set()).add(row.repo)
    return found


def namesakes(connection: Connection, name: EntryName) -> list[Entry]:
    """The entries of this kind and repository from any hub: they share a folder in the store."""
    matches = (entries.c.kind == name.kind.value, entries.c.repo == name.repo)
    keys = connection.execute(select(entries.c.id).where(*matches).order_by(entries.c.id)).scalars().all()
    return [entry for key in keys if (entry := store.get(connection, key)) is not None]


def held(connection: Connection, entry: int) -> set[Digest]:
    """The blobs that an entry has, on the shelf or in quarantine."""
    here = (revisions.c.entry == entry, files.c.state != int(FileState.LISTED))
    statement = select(files.c.digest).distinct().join(revisions, files.c.revision == revisions.c.id)
    return {Digest.parse(text) for text in connection.execute(statement.where(*here)).scalars()}


def introduce(connection: Connection, key: int, origin: Origin) -> None:
    """Take over what is told, where the entry does not say anything yet. Doing it again changes nothing."""
    entry = store.get(connection, key)
    if entry is None:
        return
    values: dict[str, Any] = {}
    if origin.title and entry.title == entry.name.repo:
        values["title"] = origin.title
    if origin.description and entry.description is None:
        values["description"] = origin.description
    if origin.tags and not entry.tags:
        values["tags"] = list(origin.tags)
    if origin.downloads and entry.download_count == 0:
        values["download_count"] = origin.downloads
    if values:
        store.change(connection, entry, values)
    if origin.downloaded_by is not None and origin.downloaded_at is not None:
        first = FirstDownload(origin.downloaded_by, origin.downloaded_at, origin.downloaded_from)
        store.set_first_download(connection, key, first)
