"""What the shelf can be narrowed by, and how many entries each choice leaves."""

from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, Connection, func, select

from steelyard.catalog.hidden import shown_to
from steelyard.catalog.models import ModelStatus
from steelyard.catalog.tables import entries


@dataclass(frozen=True, slots=True)
class Facets:
    """Entries by status, those in the trash too; those on the shelf by format and by owner. Purged ones nowhere."""

    status: dict[str, int]
    format: dict[str, int]
    owner: dict[str, int]


def count_facets(connection: Connection, viewer: str | None = None) -> Facets:
    """The counts now; ``viewer`` is the only owner whose private entries count, None counts all."""
    seen: list[ColumnElement[bool]] = [entries.c.purged_at.is_(None)]
    if viewer is not None:
        seen.append(shown_to(viewer))
    shelf = [*seen, entries.c.status != ModelStatus.DELETED.value]
    return Facets(
        status=_counted(connection, entries.c.status, seen),
        format=_counted(connection, entries.c.format, shelf),
        owner=_counted(connection, entries.c.owner, shelf),
    )


def _counted(connection: Connection, column: Column[str], wanted: list[ColumnElement[bool]]) -> dict[str, int]:
    shown = [*wanted, column.is_not(None)]
    rows = connection.execute(select(column, func.count()).where(*shown).group_by(column))
    return {row[0]: row[1] for row in rows}
