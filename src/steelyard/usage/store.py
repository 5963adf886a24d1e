"""Reads of lifetime totals and of the newest events: what is folded already, and what is not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, FromClause, Select, case, func, select

from steelyard.db.among import among
from steelyard.usage.events import NOT_REQUESTS, EventType
from steelyard.usage.keys import at_ms_of
from steelyard.usage.tables import events, hot, totals, words
from steelyard.usage.words import WordKind, find, spell

_NO_REQUESTS = sorted(NOT_REQUESTS - {EventType.MODEL_ACCESS})
_SHOWN = ("id", "type", "model", "principal", "address")


def _model_counts(counted: FromClause) -> Select[str, int, int]:
    types = words.alias()
    accesses = case((types.c.text == EventType.MODEL_ACCESS, counted.c.events), else_=0)
    return (
        select(words.c.text, func.sum(counted.c.events), func.sum(accesses))
        .join(counted, words.c.id == counted.c.model)
        .join(types, types.c.id == counted.c.type)
        .where(words.c.kind == int(WordKind.MODEL), types.c.text.not_in(_NO_REQUESTS))
        .group_by(words.c.text)
    )


_HOT_TOTALS = (
    select(hot.c.type, hot.c.model, func.count().label("events"))
    .where(hot.c.model.is_not(None))
    .group_by(hot.c.type, hot.c.model)
    .subquery()
)
_MODEL_COUNTS = (_model_counts(totals), _model_counts(_HOT_TOTALS))  # made once: it took as long as running them


@dataclass(frozen=True, slots=True)
class Activity:
    """One recent event, in words."""

    at: datetime
    type: str
    model: str | None
    principal: int | None
    address: str | None


@dataclass(frozen=True, slots=True)
class ModelCounts:
    """Lifetime counts of one model."""

    requests: int = 0
    accesses: int = 0


def total_requests(connection: Connection) -> int:
    """Every request ever counted, by people and programs."""
    others = list(find(connection, WordKind.TYPE, NOT_REQUESTS).values())
    folded = select(func.coalesce(func.sum(totals.c.events), 0)).where(totals.c.type.not_in(others))
    waiting = select(func.count()).select_from(hot).where(hot.c.type.not_in(others))
    return int(connection.execute(folded).scalar_one()) + connection.execute(waiting).scalar_one()


def model_counts(connection: Connection, models: Iterable[str]) -> dict[str, ModelCounts]:
    """Lifetime counts of some models; a model that was never named is left out."""
    asked, found = set(models), dict[str, ModelCounts]()
    for statement in _MODEL_COUNTS:
        for model, every, some in connection.execute(statement.where(among(connection, words.c.text, asked))).all():
            known = found.get(model, ModelCounts())
            found[model] = ModelCounts(known.requests + int(every), known.accesses + int(some))
    return found


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
