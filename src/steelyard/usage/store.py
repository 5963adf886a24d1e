"""Reads of the lifetime total and of the newest events: what is folded already, and what is not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select, Table, bindparam, func, select

from steelyard.usage.events import API_REQUEST, NOT_REQUESTS
from steelyard.usage.keys import at_ms_of
from steelyard.usage.tables import events, hot, totals, words
from steelyard.usage.words import WordKind


@dataclass(frozen=True, slots=True)
class Activity:
    """One recent event, in words."""

    at: datetime
    type: str
    model: str | None
    principal: int | None
    address: str | None


def total_requests(connection: Connection) -> int:
    """Every request ever counted, by people and programs."""
    return int(connection.execute(_REQUESTS).scalar_one())


def recent(connection: Connection, limit: int) -> list[Activity]:
    """The newest things done to a model or a list of them, newest first; what was refused is none."""
    rows = [row for newest in _NEWEST for row in connection.execute(newest, {"many": limit})]
    return [
        Activity(datetime.fromtimestamp(at_ms_of(row.id) / 1000, UTC), row.type, row.model, row.principal, row.address)
        for row in sorted(rows, key=lambda row: -row.id)[:limit]
    ]


def _newest(table: Table) -> Select[*tuple[Any, ...]]:
    """The newest of one table, in words; ``many`` is how many."""
    names, kinds, addresses = (words.alias(name) for name in ("names", "kinds", "addresses"))
    spelled = (
        table.outerjoin(kinds, kinds.c.id == table.c.type)
        .outerjoin(names, names.c.id == table.c.model)
        .outerjoin(addresses, addresses.c.id == table.c.address)
    )
    columns = (kinds.c.text.label("type"), names.c.text.label("model"), addresses.c.text.label("address"))
    done = (table.c.type.not_in(_types([API_REQUEST])), table.c.success.is_not(False))
    newest = select(table.c.id, table.c.principal, *columns).select_from(spelled).where(*done)
    return newest.order_by(table.c.id.desc()).limit(bindparam("many"))


def _types(texts: Iterable[str]) -> Select[tuple[int]]:
    """The words of these types."""
    return select(words.c.id).where(words.c.kind == int(WordKind.TYPE), words.c.text.in_(sorted(texts)))


# Made once: the first page asks for these at each look, and making them took longer than answering them.
_OTHERS = _types(NOT_REQUESTS)
_FOLDED = select(func.coalesce(func.sum(totals.c.events), 0)).where(totals.c.type.not_in(_OTHERS)).scalar_subquery()
_WAITING = select(func.count()).select_from(hot).where(hot.c.type.not_in(_OTHERS)).scalar_subquery()
_REQUESTS = select(_FOLDED + _WAITING)
_NEWEST = (_newest(hot), _newest(events))
