"""Lists of the shelf: which entries a list shows, in what order, with what stands beside each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, not_, or_, select

from steelyard.catalog import revisions as revision_rows
from steelyard.catalog import store
from steelyard.catalog.models import Entry, ModelStatus, Revision
from steelyard.catalog.tables import SORTS, aliases, entries, revisions
from steelyard.db.order import By, read_page

_BETWEEN = "\n"  # no alias holds one
_NAMES = len(store.COLUMNS)


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries a list shows; None means any, deleted ones only when asked for, purged ones never.

    ``text`` is part of a repository's name, a title, a tag or an alias, whatever the case. ``viewer`` is the only owner
    whose private models are shown; None shows all.
    """

    text: str | None = None
    status: ModelStatus | None = None
    source: str | None = None
    format: str | None = None
    owner: str | None = None
    sort: str = "name"
    viewer: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of a list, with its newest complete revision and its aliases by name."""

    entry: Entry
    newest: Revision | None
    aliases: tuple[str, ...]


def list_page(connection: Connection, wanted: EntryFilter, limit: int, offset: int) -> tuple[int, list[Line]]:
    """The true total and one page."""
    conditions, order = _conditions(wanted), (SORTS[wanted.sort], By(entries.c.id))
    if wanted.text:
        return _search(connection, conditions, SORTS[wanted.sort], limit, offset)
    total = connection.execute(select(func.count()).select_from(entries).where(*conditions)).scalar_one()
    rows = read_page(connection, entries, conditions, order, total=total, limit=limit, offset=offset, shown=_LINES)
    return total, [_line(row) for row in rows]


def _conditions(wanted: EntryFilter) -> list[ColumnElement[bool]]:
    deleted = ModelStatus.DELETED.value
    status = entries.c.status == wanted.status.value if wanted.status else entries.c.status != deleted
    conditions = [status, entries.c.purged_at.is_(None)]
    if wanted.viewer is not None:
        conditions.append(or_(not_(entries.c.private), entries.c.owner == wanted.viewer))
    if wanted.text:
        conditions.append(_mentions(wanted.text))
    if wanted.source:
        conditions.append(entries.c.hub == wanted.source)
    if wanted.format:
        conditions.append(entries.c.format == wanted.format)
    if wanted.owner:
        conditions.append(entries.c.owner == wanted.owner)
    return conditions


def _search(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], by: By, limit: int, offset: int
) -> tuple[int, list[Line]]:
    """Comparing 10,000 texts costs more than all else, so it is done once, for the total and for the page.

    What matches is found first and then ordered: SQLite would walk through an index of the order, row by row.
    """
    found = select(entries.c.id, by.column.label("place")).where(*conditions).cte("found").prefix_with("MATERIALIZED")
    order = (replace(by, column=found.c.place).clause(), found.c.id)
    some = select(found.c.id).order_by(*order).limit(limit).offset(offset)
    total = select(func.count()).select_from(found)
    lines = _LINES.add_columns(total.scalar_subquery()).where(entries.c.id.in_(some))
    rows = connection.execute(lines.order_by(by.clause(), entries.c.id)).all()
    if not rows:
        return connection.execute(total).scalar_one() if offset else 0, []
    return rows[0][-1], [_line(row[:-1]) for row in rows]


def _mentions(text: str) -> ColumnElement[bool]:
    named = select(aliases.c.entry).where(aliases.c.alias.contains(text.casefold(), autoescape=True))
    words = entries.c.search_words.contains(text.casefold(), autoescape=True)
    return or_(words, entries.c.id.in_(named))


def _lines() -> Select[Any]:
    """All that a line says, in one statement: with three it took half as long again."""
    own = revisions.alias()
    complete = select(own.c.id).where(own.c.entry == entries.c.id, own.c.completed_at.is_not(None))
    newest = complete.order_by(*revision_rows.newest_first(own)).limit(1).scalar_subquery()
    # By its entry as well, though its id is enough: else PostgreSQL reads every revision there is to find a hundred.
    its_newest = (revisions.c.entry == entries.c.id) & (revisions.c.id == newest)
    names = select(func.aggregate_strings(aliases.c.alias, _BETWEEN)).where(aliases.c.entry == entries.c.id)
    columns = (*store.COLUMNS, names.scalar_subquery(), *revision_rows.COLUMNS)
    return select(*columns).select_from(entries.outerjoin(revisions, its_newest))


_LINES = _lines()


def _line(row: Sequence[Any]) -> Line:
    names, revision = row[_NAMES], row[_NAMES + 1 :]
    newest = None if revision[0] is None else revision_rows.as_revision(revision)
    return Line(store.as_entry(row[:_NAMES]), newest, tuple(sorted(names.split(_BETWEEN))) if names else ())
