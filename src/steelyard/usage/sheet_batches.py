"""Sheets of many subjects at once, in as few statements as for one: statements took longer than what they read."""

import json
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, BigInteger, Connection, any_, bindparam, func, select

from steelyard.usage import sheet_store
from steelyard.usage.keys import HOUR_QUARTERS, HOURS, QUARTERS
from steelyard.usage.packing import unpack_bag, unpack_loose
from steelyard.usage.sheets import BLOCK_DAYS, Bag, Level, add, period_of, sheet_key, subject_of
from steelyard.usage.tables import sheets

_EACH = func.json_each(bindparam("keys")).table_valued("value")
_KEYED = {
    "sqlite": sheets.c.key.in_(select(_EACH.c.value)),
    "postgresql": sheets.c.key == any_(bindparam("keys", type_=ARRAY(BigInteger))),
}
_ROWS = {name: select(sheets.c.key, sheets.c.bag).where(keyed) for name, keyed in _KEYED.items()}
_LOOSE_KEYS = select(sheets.c.key).where(sheets.c.key.between(bindparam("first"), bindparam("last")))


class Packed(NamedTuple):
    """Part of a day of one subject as it lies there; ``period`` is a day if it is sealed, else an hour since 1970."""

    subject: int
    period: int
    is_sealed: bool
    blob: bytes

    @property
    def day(self) -> int:
        """The day since 1970."""
        return self.period if self.is_sealed else self.period // HOURS

    def bag(self) -> Bag:
        """What it counts."""
        return unpack_bag(self.blob) if self.is_sealed else self.within(0, (self.day + 1) * QUARTERS)

    def within(self, first: int, end: int) -> Bag:
        """What a loose one counts from quarter ``first`` since 1970 and before ``end``."""
        total: Bag = {}
        for quarter, bag in unpack_loose(self.blob).items():
            if first <= self.day * QUARTERS + quarter < end:
                add(total, bag)
        return total


def read_days(connection: Connection, scope: int, subjects: Collection[int], days: range) -> list[Packed]:
    """What there is of whole days, not unpacked yet; a day may come in several parts."""
    sealed = _rows(connection, [sheet_key(Level.DAY, scope, one, day) for one in subjects for day in days])
    found = [Packed(subject_of(key), period_of(key), True, blob) for key, blob in sealed]
    return found + _loose(connection, scope, subjects, days.start * QUARTERS, days.stop * QUARTERS)


def read_range(connection: Connection, scope: int, subjects: Collection[int], first: int, end: int) -> dict[int, Bag]:
    """What each subject has from quarter ``first`` since 1970 and before ``end``; of whole blocks where there are."""
    found: dict[int, Bag] = {one: {} for one in subjects}
    whole = range(-(-first // QUARTERS), max(end // QUARTERS, -(-first // QUARTERS)))
    for subject, bag in [
        *_blocks_and_days(connection, scope, subjects, whole),
        *_ends(connection, scope, subjects, first, end, whole),
        *((one.subject, one.within(first, end)) for one in _loose(connection, scope, subjects, first, end)),
    ]:
        add(found[subject], bag)
    return found


def _blocks_and_days(
    connection: Connection, scope: int, subjects: Collection[int], days: range
) -> Iterable[tuple[int, Bag]]:
    blocks = range(-(-days.start // BLOCK_DAYS), days.stop // BLOCK_DAYS)
    made = _rows(connection, [sheet_key(Level.BLOCK, scope, one, block) for one in subjects for block in blocks])
    there = {(subject_of(key), period_of(key)) for key, _ in made}
    alone = [
        sheet_key(Level.DAY, scope, one, day)
        for one in subjects
        for day in days
        if (one, day // BLOCK_DAYS) not in there
    ]
    return [(subject_of(key), unpack_bag(blob)) for key, blob in [*made, *_rows(connection, alone)]]


def _ends(
    connection: Connection, scope: int, subjects: Collection[int], first: int, end: int, whole: range
) -> Iterable[tuple[int, Bag]]:
    """The sealed quarters of days that are not wholly in the range."""
    days = {day for day in (first // QUARTERS, (end - 1) // QUARTERS) if day not in whole}
    keys = [sheet_key(Level.DAY, scope, one, day) for one in subjects for day in days]
    for key, sheet in sheet_store.read(connection, keys).items() if keys else ():
        began = period_of(key) * QUARTERS
        for bag in sheet_store.quarters_of(sheet, max(first - began, 0), min(end - began, QUARTERS)).values():
            yield subject_of(key), bag


def _loose(connection: Connection, scope: int, subjects: Collection[int], first: int, end: int) -> list[Packed]:
    """Only the last hours have loose sheets, so all keys of them are fewer than all that could be asked for."""
    hours = range(first // HOUR_QUARTERS, -(-end // HOUR_QUARTERS))
    if len(subjects) == 1:
        start = sheet_key(Level.HOUR, scope, next(iter(subjects)), 0)
        bounds = {"first": start + hours.start, "last": start + hours.stop - 1}
    else:
        last = sheet_key(Level.HOUR, scope + 1, 0, 0) - 1
        bounds = {"first": sheet_key(Level.HOUR, scope, 0, 0), "last": last}
    asked = frozenset(subjects)
    there = connection.execute(_LOOSE_KEYS, bounds).scalars()
    wanted = [key for key in there if subject_of(key) in asked and period_of(key) in hours]
    return [Packed(subject_of(key), period_of(key), False, blob) for key, blob in _rows(connection, wanted)]


def _rows(connection: Connection, keys: Collection[int]) -> list[tuple[int, bytes]]:
    if not keys:
        return []
    rows = connection.execute(_ROWS[connection.dialect.name], _bound(connection, keys))
    return [(row[0], row[1]) for row in rows.all()]


def _bound(connection: Connection, keys: Collection[int]) -> dict[str, Any]:
    return {"keys": json.dumps(list(keys)) if connection.dialect.name == "sqlite" else list(keys)}
