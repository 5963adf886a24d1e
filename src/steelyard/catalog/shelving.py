"""All SQL of which entries lie on which shelf, the open or the private one."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from steelyard.catalog import trash_store
from steelyard.catalog.models import File
from steelyard.catalog.tables import entries
from steelyard.core.ref import Kind
from steelyard.storage.layout import RepoFolder


def unsettled(connection: Connection, names: Collection[str]) -> list[int]:
    """Entries on a shelf whose folder may lie on the other one: private ones, and others of which there is a folder on
    the private shelf, whose ``names`` these are."""
    there = [entries.c.deleted_at.is_(None), *([] if names else [entries.c.private])]
    rows = connection.execute(select(entries.c.id, entries.c.kind, entries.c.repo, entries.c.private).where(*there))
    return [row.id for row in rows if row.private or RepoFolder(Kind(row.kind), row.repo).name in names]


def housemates(connection: Connection, folder: RepoFolder) -> list[tuple[str, File]]:
    """The files of all entries that have this folder, those in the trash included: they may have left them there."""
    same = (entries.c.kind == folder.kind.value, entries.c.repo == folder.repo, entries.c.private == folder.private)
    keys = connection.execute(select(entries.c.id).where(*same, entries.c.purged_at.is_(None))).scalars().all()
    return [listed for key in keys for listed in trash_store.listed(connection, key)]
