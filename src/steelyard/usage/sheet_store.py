"""All SQL of sheets. Who writes them takes the turn first, in the same transaction: ``take_turn``."""

import json
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, or_, select, update

from steelyard.db import bulk
from steelyard.db.among import among
from steelyard.usage.counting import add_quarter
from steelyard.usage.counts import Numbers
from steelyard.usage.keys import HOUR_QUARTERS, HOURS, QUARTERS
from steelyard.usage.packing import (
    unpack_bag,
    unpack_loose,
    unpack_quarters,
    unpack_rows,
    unpack_series,
)
from steelyard.usage.sheets import (
    BLOCK_DAYS,
    Bag,
    Level,
    Series,
    add,
    period_of,
    scope_of,
    sheet_key,
    subject_of,
)
from steelyard.usage.tables import sheets, state

_TURN = "fold_turn"
_MANY = 500  # keys that SQLite looks up quicker from JSON than as parameters


class TurnTaken(Exception):
    """Somebody else wrote sheets since they were read: read them again."""


class Stored(NamedTuple):
    """A sheet as it lies in its table."""

    series: bytes | None
    bag: bytes
    quarters: bytes | None


class DaySheet(NamedTuple):
    """A day's counts; ``day`` since 1970. What was not asked for is empty."""

    day: int
    series: Series
    bag: Bag


def turn(connection: Connection) -> int:
    """How often sheets have been written. Whoever changes them reads it before anything else."""
    return int(connection.execute(select(state.c.value).where(state.c.name == _TURN)).scalar_one())


def take_turn(connection: Connection, seen: int) -> None:
    """Take the turn that was seen, until the transaction ends. Raises TurnTaken when somebody was quicker."""
    taken = update(state).where(state.c.name == _TURN, state.c.value == seen).values(value=seen + 1)
    if connection.execute(taken).rowcount != 1:
        raise TurnTaken


def read_days(
    connection: Connection, scope: int, subject: int, first_day: int, end_day: int, *, series: bool, bags: bool
) -> list[DaySheet]:
    """The counts of one subject from ``first_day`` and before ``end_day``: days with any, in their order."""
    columns = [sheets.c.key, *([sheets.c.series] if series else []), *([sheets.c.bag] if bags else [])]
    found = connection.execute(select(*columns).where(_between(Level.DAY, scope, subject, first_day, end_day)))
    days = {
        (day := period_of(row[0])): DaySheet(
            day, unpack_series(row[1]) if series else {}, unpack_bag(row[-1]) if bags else {}
        )
        for row in found
    }
    for period, bag in read_loose(connection, scope, subject, first_day * QUARTERS, end_day * QUARTERS):
        day, quarter = divmod(period, QUARTERS)
        sheet = days.setdefault(day, DaySheet(day, {}, {}))
        if series:
            add_quarter(sheet.series, quarter, bag)
        if bags:
            add(sheet.bag, bag)
    return [days[day] for day in sorted(days)]


def read_quarters(
    connection: Connection, scope: int, subject: int, day: int, first: int = 0, end: int = QUARTERS
) -> list[tuple[int, Bag]]:
    """The quarters of an hour of one day in which anything was, from ``first`` and before ``end``, in their order."""
    key = sheet_key(Level.DAY, scope, subject, day)
    sealed = read(connection, [key]).get(key)
    found = {} if sealed is None else quarters_of(sealed, first, end)
    for period, bag in read_loose(connection, scope, subject, day * QUARTERS + first, day * QUARTERS + end):
        add(found.setdefault(period - day * QUARTERS, {}), bag)
    return sorted((quarter, bag) for quarter, bag in found.items() if bag)


def quarters_of(sheet: Stored, first: int = 0, end: int = QUARTERS) -> dict[int, Bag]:
    """The quarters of an hour of a sealed day, from ``first`` and before ``end``."""
    if sheet.series is None or sheet.quarters is None:  # no sealed day
        return {}
    return unpack_quarters(sheet.quarters, unpack_series(sheet.series), unpack_bag(sheet.bag), first, end)


def read_rows(
    connection: Connection, scope: int, subject: int, first_day: int, end_day: int
) -> list[tuple[int, Numbers]]:
    """The series of one subject's sealed days: day since 1970, and measures in the order of ``SERIES`` by quarters."""
    days = select(sheets.c.key, sheets.c.series).where(_between(Level.DAY, scope, subject, first_day, end_day))
    return [(period_of(key), unpack_rows(blob)) for key, blob in connection.execute(days)]


def read_loose(connection: Connection, scope: int, subject: int, first: int, end: int) -> list[tuple[int, Bag]]:
    """The loose counts of one subject from quarter ``first`` since 1970 and before ``end``, in their order."""
    hours = _between(Level.HOUR, scope, subject, first // HOUR_QUARTERS, -(-end // HOUR_QUARTERS))
    found: list[tuple[int, Bag]] = []
    for key, blob in connection.execute(select(sheets.c.key, sheets.c.bag).where(hours).order_by(sheets.c.key)):
        began = period_of(key) // HOURS * QUARTERS
        found += [(began + quarter, bag) for quarter, bag in sorted(unpack_loose(blob).items())]
    return [(period, bag) for period, bag in found if first <= period < end]


def read(connection: Connection, keys: Collection[int]) -> dict[int, Stored]:
    """The sheets of these keys, as they lie there."""
    columns = select(sheets.c.key, sheets.c.series, sheets.c.bag, sheets.c.quarters)
    found = connection.execute(columns.where(keyed(connection, sheets.c.key, keys)))
    return {key: Stored(series, bag, quarters) for key, series, bag, quarters in found}


def write(connection: Connection, changed: Mapping[int, Stored | None]) -> None:
    """Put sheets, and take away those that are None. Needs the turn."""
    bulk.put(connection, sheets, [(key, *sheet) for key, sheet in sorted(changed.items()) if sheet is not None])
    gone = [key for key, sheet in changed.items() if sheet is None]
    if gone:
        connection.execute(delete(sheets).where(keyed(connection, sheets.c.key, gone)))


def next_subject(connection: Connection, behind: tuple[int, int] | None) -> tuple[int, int] | None:
    """The first scope and subject behind this one that has a sealed day."""
    start = (
        sheet_key(Level.DAY, 0, 0, 0) if behind is None else sheet_key(Level.DAY, *behind, 0) + sheet_key(0, 0, 1, 0)
    )
    first = select(func.min(sheets.c.key)).where(sheets.c.key >= start, sheets.c.key < sheet_key(Level.BLOCK, 0, 0, 0))
    key = connection.execute(first).scalar_one()
    return None if key is None else (scope_of(key), subject_of(key))


def read_sealed(connection: Connection, scope: int, subject: int, first_day: int, end_day: int) -> list[Bag]:
    """The bags of one subject's sealed days from ``first_day`` and before ``end_day``."""
    days = select(sheets.c.bag).where(_between(Level.DAY, scope, subject, first_day, end_day))
    return [unpack_bag(blob) for blob in connection.execute(days).scalars()]


def keys_of_day(connection: Connection, day: int) -> list[int]:
    """Every sheet that has counts of this day: loose ones, sealed ones, and blocks. Looks through all keys."""
    period = sheets.c.key.bitwise_and(sheet_key(0, 0, 1, 0) - 1)
    within = or_(
        and_(_of_level(Level.HOUR), period.between(day * HOURS, (day + 1) * HOURS - 1)),
        and_(_of_level(Level.DAY), period == day),
        and_(_of_level(Level.BLOCK), period == day // BLOCK_DAYS),
    )
    return list(connection.execute(select(sheets.c.key).where(within)).scalars())


def sealed_days(connection: Connection, scope: int, subject: int, end_day: int) -> list[int]:
    """The days of one subject before ``end_day`` that have a sealed sheet, in their order."""
    keys = select(sheets.c.key).where(_between(Level.DAY, scope, subject, 0, end_day)).order_by(sheets.c.key)
    return [period_of(key) for key in connection.execute(keys).scalars()]


def keyed(connection: Connection, column: ColumnElement[Any], keys: Collection[int]) -> ColumnElement[bool]:
    """Whether a column holds one of these numbers, however many they are."""
    if connection.dialect.name == "postgresql" or len(keys) <= _MANY:
        return among(connection, column, keys)
    each = func.json_each(bindparam(None, json.dumps(list(keys)))).table_valued("value")
    return column.in_(select(each.c.value))


def _of_level(level: int) -> ColumnElement[bool]:
    return sheets.c.key.between(sheet_key(level, 0, 0, 0), sheet_key(level + 1, 0, 0, 0) - 1)


def _between(level: int, scope: int, subject: int, first: int, end: int) -> ColumnElement[bool]:
    start = sheet_key(level, scope, subject, 0)
    return sheets.c.key.between(start + first, start + end - 1)
