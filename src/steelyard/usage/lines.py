"""All SQL of the access log: events read back, newest first, with their words spelled out.

An event is in the hot table until it is folded, then in the log and in the sheets, which say where to look for it.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    bindparam,
    func,
    or_,
    select,
)

from steelyard.db.among import among
from steelyard.db.keyset import Mark
from steelyard.usage.events import Event, EventType, milliseconds
from steelyard.usage.keys import at_ms_of, first_key
from steelyard.usage.places import OPEN_END, Numbers, Place, joined, places
from steelyard.usage.rows import Row, event_of, numbers_in
from steelyard.usage.state import kept_from
from steelyard.usage.tables import events, hot
from steelyard.usage.words import WordKind, find, spell

_NO_WORD = -1  # a word that no event has ever used
_TABLES = (hot, events)
_OUTCOMES = {True: EventType.GENERATION_COMPLETED, False: EventType.GENERATION_FAILED}


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events a list shows; None means any. ``since`` is included, ``until`` is not, to the millisecond.

    ``success`` is what the event says; of a generation that says nothing, what its type says.
    """

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
    event: Event

    @property
    def at_ms(self) -> int:
        """When it was, in milliseconds since 1970."""
        return at_ms_of(self.id)


def list_page(connection: Connection, wanted: EventFilter, limit: int, offset: int) -> tuple[int, list[Line]]:
    """The true total and one page."""
    total = count(connection, wanted)
    return total, page(connection, wanted, limit, offset, total)


def count(connection: Connection, wanted: EventFilter) -> int:
    """How many there are. Looks only at those parts of the log of which the sheets cannot tell."""
    numbers = _numbers(connection, wanted)
    total, unsure = 0, list[Place]()
    for place in places(connection, numbers, whole_days=True):
        if place.is_exact:
            total += place.bound
        else:
            unsure.append(place)
    waiting = _count(connection, hot, numbers, (numbers.first, numbers.end))
    return total + waiting + _count_log(connection, numbers, joined(unsure))


def page(connection: Connection, wanted: EventFilter, limit: int, offset: int, total: int | None) -> list[Line]:
    """One page, of ``total`` if that is known."""
    if total is not None and offset >= total:
        return []
    return _lines(connection, _newest(connection, _numbers(connection, wanted), limit, offset))


def list_slice(connection: Connection, wanted: EventFilter, mark: Mark | None, limit: int, offset: int) -> list[Line]:
    """The next lines behind ``mark``; the first ones, without ``offset`` lines, when there is none yet."""
    numbers = _numbers(connection, wanted)
    if mark is not None:
        numbers, offset = replace(numbers, end=min(numbers.end, mark.key)), 0
    return _lines(connection, _newest(connection, numbers, limit, offset))


def mark_of(line: Line) -> Mark:
    """Where a slice ends that ends with this line."""
    return Mark(line.at_ms, line.id)


def _numbers(connection: Connection, wanted: EventFilter) -> Numbers:
    def number(kind: WordKind, text: str | None) -> int | None:
        return None if text is None else find(connection, kind, [text]).get(text, _NO_WORD)

    first, outcome = kept_from(connection), None if wanted.success is None else _OUTCOMES[wanted.success]
    return Numbers(
        principals=wanted.principals, address=number(WordKind.ADDRESS, wanted.address),
        model=number(WordKind.MODEL, wanted.model), type=number(WordKind.TYPE, wanted.type), success=wanted.success,
        type_of_outcome=number(WordKind.TYPE, outcome),
        first=first if wanted.since is None else max(first, first_key(milliseconds(wanted.since))),
        end=OPEN_END if wanted.until is None else first_key(milliseconds(wanted.until)),
    )  # fmt: skip


def _newest(connection: Connection, wanted: Numbers, many: int, skip: int) -> list[int]:
    """The keys of some events, newest first, without the first ``skip`` ones.

    Few wait in the hot table. Each of them can stand before some of the log's, so as many of these are skipped less.
    """
    waiting = _keys(connection, hot, wanted, (wanted.first, wanted.end), skip + many)
    surely = max(0, skip - len(waiting))
    found = log_keys(connection, wanted, skip + many - surely, surely)
    return sorted(waiting + found, reverse=True)[skip - surely :][:many]


def log_keys(connection: Connection, wanted: Numbers, many: int, skip: int = 0) -> list[int]:
    """The keys of folded events, newest first, without the first ``skip`` ones."""
    keys: list[int] = []
    pending: list[Place] = []
    expected = 0  # at most so many are in the pending places
    for place in places(connection, wanted):
        if place.is_exact and place.bound <= skip and not pending:
            skip -= place.bound
            continue
        pending.append(place)
        expected += place.bound
        if expected >= skip + many - len(keys):
            found = _keys_of(connection, wanted, pending, skip + many - len(keys))
            keys += found[skip:]
            skip, pending, expected = max(0, skip - len(found)), [], 0
        if len(keys) == many:
            return keys
    return keys + _keys_of(connection, wanted, pending, skip + many - len(keys))[skip:]


def _keys_of(connection: Connection, wanted: Numbers, found: list[Place], many: int) -> list[int]:
    parts = joined(found)
    if len(parts) == 1:
        return _keys(connection, events, wanted, parts[0], many)
    newest = (events.c.id + 0).desc()  # by the bare key SQLite would go through the whole log, and so have the order
    chosen = select(events.c.id).where(*_matching(events, wanted), _within(connection, parts)).order_by(newest)
    return list(connection.execute(chosen.limit(many)).scalars()) if parts else []


def _keys(connection: Connection, table: Table, wanted: Numbers, part: tuple[int, int], many: int) -> list[int]:
    chosen = select(table.c.id).where(*_conditions(table, wanted, part)).order_by(table.c.id.desc()).limit(many)
    return list(connection.execute(chosen).scalars())


def _within(connection: Connection, parts: list[tuple[int, int]]) -> ColumnElement[bool]:
    """Whether an event lies in one of these parts of the log: each is looked up by key, all in one statement.

    A hundred statements for the quarters of an hour in which somebody was here took 80 ms.
    """
    if connection.dialect.name == "postgresql":
        firsts, ends = ([part[place] for part in parts] for place in (0, 1))
        each = func.unnest(_array(firsts), _array(ends)).table_valued("first", "end_").render_derived()
        return and_(events.c.id >= each.c.first, events.c.id < each.c.end_)
    each = func.json_each(bindparam(None, json.dumps(parts))).table_valued("value")
    first, end = (func.json_extract(each.c.value, f"$[{place}]") for place in (0, 1))
    return and_(events.c.id >= first, events.c.id < end)


def _array(numbers: list[int]) -> BindParameter[Any]:
    return bindparam(None, numbers, type_=ARRAY(BigInteger))


def _count(connection: Connection, table: Table, wanted: Numbers, part: tuple[int, int]) -> int:
    chosen = select(func.count()).select_from(table).where(*_conditions(table, wanted, part))
    return connection.execute(chosen).scalar_one()


def _count_log(connection: Connection, wanted: Numbers, parts: list[tuple[int, int]]) -> int:
    if not parts:
        return 0
    chosen = select(func.count(events.c.id)).where(*_matching(events, wanted), _within(connection, parts))
    return connection.execute(chosen).scalar_one()


def _conditions(table: Table, wanted: Numbers, part: tuple[int, int]) -> list[ColumnElement[bool]]:
    return [table.c.id >= part[0], table.c.id < part[1], *_matching(table, wanted)]


def _matching(table: Table, wanted: Numbers) -> list[ColumnElement[bool]]:
    some = {"type": wanted.type, "model": wanted.model, "address": wanted.address}
    conditions = [table.c[name] == number for name, number in some.items() if number is not None]
    if wanted.principals is not None:
        conditions.append(table.c.principal.in_(wanted.principals))
    if wanted.success is not None:
        by_type = and_(table.c.success.is_(None), table.c.type == wanted.type_of_outcome)
        conditions.append(or_(table.c.success.is_(wanted.success), by_type))
    return conditions


def _lines(connection: Connection, keys: Sequence[int]) -> list[Line]:
    rows = [Row._make(row) for table in _TABLES for row in connection.execute(_rows(connection, table, keys))]
    rows.sort(key=lambda row: -row.id)
    return spelled(connection, rows)


def spelled(connection: Connection, rows: Iterable[Row]) -> list[Line]:
    """Rows as lines, their words spelled out."""
    rows = list(rows)
    texts = spell(connection, {number for row in rows for number in numbers_in(row)})
    return [Line(row.id, event_of(row, texts)) for row in rows]


def _rows(connection: Connection, table: Table, keys: Sequence[int]) -> Select[tuple[object, ...]]:
    return select(table).where(among(connection, table.c.id, keys))
