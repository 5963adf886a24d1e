"""Lists of the shelf: which entries a list shows, in what order, with what stands beside each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from pydantic_core import from_json
from sqlalchemy import JSON, ColumnElement, Connection, Select, String, cast, func, or_, select, type_coerce

from steelyard.catalog import revisions as revision_rows
from steelyard.catalog import store
from steelyard.catalog.hidden import shown_to
from steelyard.catalog.models import Entry, ModelStatus, Revision
from steelyard.catalog.tables import SORTS, aliases, entries, revisions
from steelyard.db.order import By, read_page
from steelyard.db.types import UtcDateTime, as_moment

_BETWEEN = "\n"  # no alias holds one
_NAMES = len(store.COLUMNS)
_REMEMBERED = 2048


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


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One entry of a list, with its newest complete revision and its aliases by name.

    A row that has not changed gives the same line again, so what is made of it can be kept with it.
    """

    entry: Entry
    newest: Revision | None
    aliases: tuple[str, ...]


def list_page(connection: Connection, wanted: EntryFilter, limit: int, offset: int) -> tuple[int, list[Line]]:
    """The true total and one page."""
    if wanted.text:
        return search(connection, wanted, limit, offset)
    total = count(connection, wanted)
    return total, page(connection, wanted, limit, offset, total)


def count(connection: Connection, wanted: EntryFilter) -> int:
    """How many there are."""
    return connection.execute(select(func.count()).select_from(entries).where(*_conditions(wanted))).scalar_one()


def page(connection: Connection, wanted: EntryFilter, limit: int, offset: int, total: int | None) -> list[Line]:
    """One page, of ``total`` if that is known."""
    conditions, order = _conditions(wanted), (SORTS[wanted.sort], By(entries.c.id))
    rows = read_page(connection, entries, conditions, order, total=total, limit=limit, offset=offset, shown=_LINES)
    return [_line(row) for row in rows]


def _conditions(wanted: EntryFilter) -> list[ColumnElement[bool]]:
    deleted = ModelStatus.DELETED.value
    status = entries.c.status == wanted.status.value if wanted.status else entries.c.status != deleted
    conditions = [status, entries.c.purged_at.is_(None)]
    if wanted.viewer is not None:
        conditions.append(shown_to(wanted.viewer))
    if wanted.text:
        conditions.append(_mentions(wanted.text))
    if wanted.source:
        conditions.append(entries.c.hub == wanted.source)
    if wanted.format:
        conditions.append(entries.c.format == wanted.format)
    if wanted.owner:
        conditions.append(entries.c.owner == wanted.owner)
    return conditions


def search(connection: Connection, wanted: EntryFilter, limit: int, offset: int) -> tuple[int, list[Line]]:
    """The true total and one page of what mentions the text.

    Comparing 10,000 texts costs more than all else, so it is done once, for the total and for the page.

    What matches is found first and then ordered: SQLite would walk through an index of the order, row by row.
    """
    by = SORTS[wanted.sort]
    matching = select(entries.c.id, by.column.label("place")).where(*_conditions(wanted))
    found = matching.cte("found").prefix_with("MATERIALIZED")
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
    return select(*map(_bare, columns)).select_from(entries.outerjoin(revisions, its_newest))


def _bare(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """As the driver gives it: reading what is remembered already took a quarter of a list's time."""
    if isinstance(column.type, JSON):
        return cast(column, String)
    return type_coerce(column, String) if isinstance(column.type, UtcDateTime) else column


def _readers() -> list[tuple[int, Callable[[Any], Any]]]:
    """What is yet to be read of a bare row, by its place."""
    types = [column.type for column in (*store.COLUMNS, entries.c.id, *revision_rows.COLUMNS)]
    texts = [(place, from_json) for place, kind in enumerate(types) if isinstance(kind, JSON)]
    return [*texts, *((place, as_moment) for place, kind in enumerate(types) if isinstance(kind, UtcDateTime))]


_LINES = _lines()
_READERS = _readers()


def _line(row: Sequence[Any]) -> Line:
    return _remembered(tuple(row))


@lru_cache(_REMEMBERED)
def _remembered(bare: tuple[Any, ...]) -> Line:
    """The row is all that a line is made of, so this never has to be forgotten."""
    row = list(bare)
    for place, read in _READERS:
        if row[place] is not None:
            row[place] = read(row[place])
    names, revision = row[_NAMES], row[_NAMES + 1 :]
    newest = None if revision[0] is None else revision_rows.as_revision(revision)
    return Line(store.as_entry(row[:_NAMES]), newest, tuple(sorted(names.split(_BETWEEN))) if names else ())
