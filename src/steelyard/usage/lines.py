"""All SQL of the access log: events read back, newest first, with their words spelled out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
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
_words = attrgetter("type", "model", "address", "agent", "error_code")
_plain = attrgetter(*_PLAIN)


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
    conditions = _conditions(connection, wanted)
    total = connection.execute(select(func.count()).select_from(events).where(*conditions)).scalar_one()
    rows = read_page(connection, events, conditions, _NEWEST, total=total, limit=limit, offset=offset)
    return total, _lines(connection, rows)


def list_slice(connection: Connection, wanted: EventFilter, mark: Mark | None, limit: int, offset: int) -> list[Line]:
    """The next lines behind ``mark``; the first ones, without ``offset`` lines, when there is none yet."""
    newest = select(events).where(*_conditions(connection, wanted)).order_by(*(by.clause() for by in _NEWEST))
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
    texts = spell(connection, {number for row in rows for number in _words(row) if number is not None})
    return [_line(row, texts) for row in rows]


def _line(row: Row[Any], texts: Mapping[Any, str]) -> Line:
    event = Event(
        at=datetime.fromtimestamp(row.at_ms / 1000, UTC), type=texts[row.type], model=texts.get(row.model),
        principal=row.principal, address=texts.get(row.address), agent=texts.get(row.agent), success=row.success,
        error_code=texts.get(row.error_code), **dict(zip(_PLAIN, _plain(row), strict=True)),
    )  # fmt: skip
    return Line(row.id, row.at_ms, event)
