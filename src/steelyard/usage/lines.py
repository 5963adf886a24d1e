"""All SQL of the access log: events read back, newest first, with their words spelled out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from steelyard.db.keyset import Mark, going_on
from steelyard.db.order import By, read_page
from steelyard.usage.events import Event, milliseconds
from steelyard.usage.tables import events
from steelyard.usage.words import WordKind, find, spell

_NEWEST = (By(events.c.at_ms, descending=True), By(events.c.id, descending=True))
_NO_WORD = -1  # a word that no event has ever used
_PLAIN = (
    "request", "session", "duration_ms", "queue_ms", "load_ms", "first_token_ms", "tokens_in", "tokens_out", "bytes_in",
    "bytes_out", "vram_mb", "gpu_utilization", "parameters",
)  # fmt: skip
_WORDS = ("type", "model", "address", "agent", "error_code")
# Read by place: by name it took longer than making the event.
_COLUMNS = tuple(events.c[name] for name in (*_WORDS, "id", "at_ms", "principal", "success", *_PLAIN))


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events a list shows; None means any. ``since`` is included, ``until`` is not, to the millisecond."""

    principals: frozenset[int] | None = None
    address: str | None = None
    model: str | None = None
    type: str | None = None
    success: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One event of the log, and where it stands there."""

    id: int
    at_ms: int
    event: Event


def list_page(connection: Connection, wanted: EventFilter, limit: int, offset: int) -> tuple[int, list[Line]]:
    """The true total and one page."""
    total = count(connection, wanted)
    return total, page(connection, wanted, limit, offset, total)


def count(connection: Connection, wanted: EventFilter) -> int:
    """How many there are."""
    matching = select(func.count()).select_from(events).where(*_conditions(connection, wanted))
    return connection.execute(matching).scalar_one()


def page(connection: Connection, wanted: EventFilter, limit: int, offset: int, total: int | None) -> list[Line]:
    """One page, of ``total`` if that is known."""
    rows = read_page(
        connection, events, _conditions(connection, wanted), _NEWEST,
        total=total, limit=limit, offset=offset, shown=select(*_COLUMNS),
    )  # fmt: skip
    return _lines(connection, rows)


def list_slice(connection: Connection, wanted: EventFilter, mark: Mark | None, limit: int, offset: int) -> list[Line]:
    """The next lines behind ``mark``; the first ones, without ``offset`` lines, when there is none yet."""
    newest = select(*_COLUMNS).where(*_conditions(connection, wanted)).order_by(*(by.clause() for by in _NEWEST))
    slice_ = going_on(newest.limit(limit), events.c.at_ms, events.c.id, mark, offset)
    return _lines(connection, connection.execute(slice_).all())


def mark_of(line: Line) -> Mark:
    """Where a slice ends that ends with this line."""
    return Mark(line.at_ms, line.id)


def _conditions(connection: Connection, wanted: EventFilter) -> list[ColumnElement[bool]]:
    conditions = [
        events.c[column] == find(connection, kind, [text]).get(text, _NO_WORD)
        for column, kind, text in (
            ("type", WordKind.TYPE, wanted.type),
            ("model", WordKind.MODEL, wanted.model),
            ("address", WordKind.ADDRESS, wanted.address),
        )
        if text is not None
    ]
    if wanted.principals is not None:
        conditions.append(events.c.principal.in_(wanted.principals))
    if wanted.success is not None:
        conditions.append(events.c.success.is_(wanted.success))
    if wanted.since is not None:
        conditions.append(events.c.at_ms >= milliseconds(wanted.since))
    if wanted.until is not None:
        conditions.append(events.c.at_ms < milliseconds(wanted.until))
    return conditions


def _lines(connection: Connection, rows: Sequence[Row[Any]]) -> list[Line]:
    texts = spell(connection, {number for row in rows for number in row[: len(_WORDS)] if number is not None})
    return [_line(row, texts) for row in rows]


def _line(row: Sequence[Any], texts: Mapping[Any, str]) -> Line:
    kind, model, address, agent, error, key, at_ms, principal, success, *plain = row
    event = Event(
        at=datetime.fromtimestamp(at_ms / 1000, UTC), type=texts[kind], model=texts.get(model), principal=principal,
        address=texts.get(address), agent=texts.get(agent), success=success, error_code=texts.get(error),
        **dict(zip(_PLAIN, plain, strict=True)),
    )  # fmt: skip
    return Line(key, at_ms, event)
