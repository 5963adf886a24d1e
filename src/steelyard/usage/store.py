"""All SQL of events and totals."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Select, case, func, select

from steelyard.core.ids import KeySequence
from steelyard.db.among import among
from steelyard.db.upsert import insert_or_add
from steelyard.usage.events import NOT_REQUESTS, Event, EventType, milliseconds
from steelyard.usage.tables import events, totals, words
from steelyard.usage.words import Dictionary, Word, WordKind, find, spell

_PLAIN = (
    "principal", "success", "request", "session", "duration_ms", "queue_ms", "load_ms", "first_token_ms",
    "tokens_in", "tokens_out", "bytes_in", "bytes_out", "vram_mb", "gpu_utilization", "parameters",
)  # fmt: skip
# Plain integers: hashing an enumeration's member costs a call, and this is done five times an event.
_WORDS = (
    ("type", int(WordKind.TYPE)), ("model", int(WordKind.MODEL)), ("address", int(WordKind.ADDRESS)),
    ("agent", int(WordKind.AGENT)), ("error_code", int(WordKind.ERROR)),
)  # fmt: skip
_TYPE, _MODEL = int(WordKind.TYPE), int(WordKind.MODEL)
_NO_REQUESTS = sorted(NOT_REQUESTS - {EventType.MODEL_ACCESS})
_plain = attrgetter(*_PLAIN)
_INSERT = events.insert()


def _model_counts() -> Select[str, int, int]:
    types = words.alias()
    accesses = case((types.c.text == EventType.MODEL_ACCESS, totals.c.events), else_=0)
    return (
        select(words.c.text, func.sum(totals.c.events), func.sum(accesses))
        .join(totals, words.c.id == totals.c.model)
        .join(types, types.c.id == totals.c.type)
        .where(words.c.kind == int(WordKind.MODEL), types.c.text.not_in(_NO_REQUESTS))
        .group_by(words.c.text)
    )


_MODEL_COUNTS = _model_counts()  # made once: making it took as long as running it


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


def add(connection: Connection, batch: Sequence[Event], dictionary: Dictionary, keys: KeySequence) -> dict[Word, int]:
    """Append a batch and count it into the totals, in the caller's transaction; returns the words it learned."""
    known = dictionary.learn(connection, (word for event in batch for word in _words_of(event)))
    connection.execute(_INSERT, [_row(event, known, keys.next()) for event in batch])
    _count(connection, batch, known)
    return known


def total_requests(connection: Connection) -> int:
    """Every request ever counted, by people and programs."""
    others = find(connection, WordKind.TYPE, NOT_REQUESTS).values()
    requests = select(func.coalesce(func.sum(totals.c.events), 0)).where(totals.c.type.not_in(others))
    return int(connection.execute(requests).scalar_one())


def model_counts(connection: Connection, models: Iterable[str]) -> dict[str, ModelCounts]:
    """Lifetime counts of some models; a model that was never named is left out."""
    counted = _MODEL_COUNTS.where(among(connection, words.c.text, set(models)))
    return {model: ModelCounts(int(every), int(some)) for model, every, some in connection.execute(counted).all()}


def recent(connection: Connection, limit: int) -> list[Activity]:
    """The newest things done to a model or a list of them, newest first; what was refused is none."""
    ignored = find(connection, WordKind.TYPE, ["api_request"]).get("api_request", -1)
    done = (events.c.type != ignored, events.c.success.is_not(False))
    newest = select(events).where(*done).order_by(events.c.at_ms.desc(), events.c.id.desc())
    rows = connection.execute(newest.limit(limit)).all()
    texts = spell(connection, {n for row in rows for n in (row.type, row.model, row.address) if n is not None})
    return [
        Activity(
            datetime.fromtimestamp(row.at_ms / 1000, UTC), texts[row.type], texts.get(row.model), row.principal,
            texts.get(row.address),
        )
        for row in rows
    ]  # fmt: skip


def _words_of(event: Event) -> list[Word]:
    return [(kind, text) for name, kind in _WORDS if (text := getattr(event, name)) is not None]


def _row(event: Event, known: Mapping[Word, int], key: int) -> dict[str, Any]:
    row: dict[str, Any] = dict(zip(_PLAIN, _plain(event), strict=True))
    for name, kind in _WORDS:
        text = getattr(event, name)
        row[name] = None if text is None else known[(kind, text)]
    row["id"], row["at_ms"] = key, milliseconds(event.at)
    return row


def _count(connection: Connection, batch: Sequence[Event], known: Mapping[Word, int]) -> None:
    groups: dict[tuple[int, int], list[int]] = {}
    for event in batch:
        model = 0 if event.model is None else known[(_MODEL, event.model)]
        groups.setdefault((known[(_TYPE, event.type)], model), []).append(milliseconds(event.at))
    rows = [
        {"type": kind, "model": model, "events": len(moments), "first_ms": min(moments), "last_ms": max(moments)}
        for (kind, model), moments in sorted(groups.items())
    ]
    insert_or_add(connection, totals, rows, keys=["type", "model"], add="events", earliest="first_ms", latest="last_ms")
