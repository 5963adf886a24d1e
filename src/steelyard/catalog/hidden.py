"""Which entries do not exist for somebody: private ones of others."""

from sqlalchemy import ColumnElement, Connection, Select, not_, or_, select

from steelyard.catalog.models import EntryName
from steelyard.catalog.tables import entries
from steelyard.core.ref import Kind


def hidden_from(viewer: str | None) -> Select[int] | None:
    """The keys of what is hidden from whoever owns what ``viewer`` owns; None when nothing is, as for ``viewer`` None.

    ``viewer`` is what ``rights.viewer`` tells.
    """
    return None if viewer is None else select(entries.c.id).where(not_(shown_to(viewer)))


def shown_to(viewer: str) -> ColumnElement[bool]:
    """Whether an entry exists for the owner of that name. What belongs to nobody is nobody's."""
    mine = (entries.c.owner.is_not(None)) & (entries.c.owner == viewer)
    return or_(not_(entries.c.private), mine)


def hidden_names(connection: Connection, viewer: str | None) -> frozenset[str]:
    """The names of what ``hidden_from`` selects, as records keep them."""
    hidden = hidden_from(viewer)
    if hidden is None:
        return frozenset()
    rows = connection.execute(select(entries.c.hub, entries.c.kind, entries.c.repo).where(entries.c.id.in_(hidden)))
    return frozenset(str(EntryName(hub, Kind(kind), repo)) for hub, kind, repo in rows)
