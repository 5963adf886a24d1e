"""The shelf as statistics see it: which entry a name in the log means, how large models are, when bytes came."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from steelyard.catalog.held import HeldBytes
from steelyard.catalog.hidden import hidden_names, shown_to
from steelyard.catalog.models import EntryName, FileState
from steelyard.catalog.tables import aliases, entries, files, revisions
from steelyard.core.ref import Kind
from steelyard.db.among import among
from steelyard.db.database import Database
from steelyard.usage.events import milliseconds

_Mark = tuple[int, int, datetime | None, datetime | None]
_NAME = (entries.c.hub, entries.c.kind, entries.c.repo)


class KnownModels:
    """Answers statistics; see ``steelyard.usage.statistics.names.Shelf``."""

    def __init__(self, database: Database, held: HeldBytes) -> None:
        self._database = database
        self._held = held
        self._arrivals: tuple[_Mark | None, list[tuple[int, int]]] = (None, [])

    async def shown(self, names: Collection[str], viewer: str | None) -> dict[str, str]:
        """By name in the log, the name of the entry; names of what is hidden from the viewer are left out."""

        def read(connection: Connection) -> dict[str, str]:
            known, hidden = _by_alias(connection, names), hidden_names(connection, viewer)
            found = {name: known.get(name.lower(), name) for name in names}
            return {name: entry for name, entry in found.items() if entry not in hidden}

        return await self._database.read(read) if names else {}

    async def sizes(self, viewer: str | None) -> dict[str, int]:
        """The bytes of each entry that is here and not hidden from the viewer, by name."""

        def read(connection: Connection) -> dict[str, int]:
            here = entries.c.size_bytes > 0
            wanted = select(*_NAME, entries.c.size_bytes).where(here if viewer is None else here & shown_to(viewer))
            return {_name(*row[:3]): row[3] for row in connection.execute(wanted)}

        return await self._database.read(read)

    async def held(self) -> int:
        """The bytes of all files, shared ones once."""
        return await self._database.read(self._held.total)

    async def arrivals(self) -> list[tuple[int, int]]:
        """When what is here now arrived, in milliseconds since 1970, and its bytes; in any order."""

        def read(connection: Connection) -> tuple[_Mark | None, list[tuple[int, int]]]:
            mark = _mark(connection, self._held.total(connection))
            return self._arrivals if self._arrivals[0] == mark else (mark, _arrivals(connection))

        self._arrivals = await self._database.read(read)  # a hundred thousand files are added up in 0.2 s
        return self._arrivals[1]


def _mark(connection: Connection, held: int) -> _Mark:
    """What changes with whatever arrives or goes; bytes alone stay as they were when as many come as go."""
    newest = select(func.count(), func.max(revisions.c.completed_at), func.max(revisions.c.created_at))
    return (held, *connection.execute(newest).one())


def _by_alias(connection: Connection, names: Collection[str]) -> dict[str, str]:
    """The entries behind those names that are aliases."""
    short = {name.lower() for name in names if "/" not in name}
    if not short:
        return {}
    named = select(aliases.c.alias, *_NAME).join(entries, entries.c.id == aliases.c.entry)
    rows = connection.execute(named.where(among(connection, aliases.c.alias, short)))
    return {row[0]: _name(*row[1:]) for row in rows}


def _arrivals(connection: Connection) -> list[tuple[int, int]]:
    """Each blob counts once, when the first revision that has it was complete."""
    at: Any = func.min(func.coalesce(revisions.c.completed_at, revisions.c.created_at))
    first = (
        select(func.max(files.c.size).label("size"), at.label("at"))
        .join(revisions, revisions.c.id == files.c.revision)
        .where(files.c.state != int(FileState.LISTED))
        .group_by(files.c.digest)
        .subquery()
    )
    rows = connection.execute(select(first.c.at, func.sum(first.c.size)).group_by(first.c.at))
    return [(milliseconds(moment), int(size)) for moment, size in rows]


def _name(hub: str, kind: str, repo: str) -> str:
    return str(EntryName(hub, Kind(kind), repo))
