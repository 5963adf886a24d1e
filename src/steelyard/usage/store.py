"""Reads of the lifetime total and of the newest events: what is folded already, and what is not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from steelyard.usage.events import NOT_REQUESTS
from steelyard.usage.keys import at_ms_of
from steelyard.usage.tables import events, hot, totals
from steelyard.usage.words import WordKind, find, spell

_SHOWN = ("id", "type", "model", "principal", "address")


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
    others = list(find(connection, WordKind.TYPE, NOT_REQUESTS).values())
    folded = select(func.coalesce(func.sum(totals.c.events), 0)).where(totals.c.type.not_in(others))
    waiting = select(func.count()).select_from(hot).where(hot.c.type.not_in(others))
    return int(connection.execute(folded).scalar_one()) + connection.execute(waiting).scalar_one()


def recent(connection: Connection, limit: int) -> list[Activity]:
    """The newest things done to a model or a list of them, newest first; what was refused is none."""
    ignored = find(connection, WordKind.TYPE, ["api_request"]).get("api_request", -1)
    rows = [row for table in (hot, events) for row in _newest(connection, table, ignored, limit)]
    rows = sorted(rows, key=lambda row: -row.id)[:limit]
    texts = spell(connection, {n for row in rows for n in (row.type, row.model, row.address) if n is not None})
    return [
        Activity(
            datetime.fromtimestamp(at_ms_of(row.id) / 1000, UTC), texts[row.type], texts.get(row.model), row.principal,
            texts.get(row.address),
        )
        for row in rows
    ]  # fmt: skip


def _newest(connection: Connection, table: Any, ignored: int, limit: int) -> Sequence[Any]:
    done = (table.c.type != ignored, table.c.success.is_not(False))
    newest = select(*(table.c[name] for name in _SHOWN)).where(*done).order_by(table.c.id.desc())
    return connection.execute(newest.limit(limit)).all()
