"""Sheets of many subjects at once, in as few statements as for one: statements took longer than what they read."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple, Protocol

from sqlalchemy import ARRAY, BigInteger, Connection, bindparam, func, select

from steelyard.db.among import numbered, numbers_within
from steelyard.usage import sheet_store
from steelyard.usage.counts import Counts, Numbers, of_bag, summed
from steelyard.usage.keys import HOUR_QUARTERS, HOURS, QUARTERS
from steelyard.usage.packing import unpack_counts, unpack_loose, unpack_part, unpack_rows
from steelyard.usage.sheets import BLOCK_DAYS, Level, period_of, sheet_key, subject_of
from steelyard.usage.tables import sheets

_ROWS = {
    name: select(sheets.c.key, sheets.c.bag).where(within) for name, within in numbers_within(sheets.c.key).items()
}
_STARTS = {
    "sqlite": func.json_each(bindparam("numbers")).table_valued("value"),
    "postgresql": func.unnest(bindparam("numbers", type_=ARRAY(BigInteger))).table_valued("value").render_derived(),
}
_RUNS = {
    name: select(sheets.c.key, sheets.c.bag).join_from(
        start, sheets, sheets.c.key.between(start.c.value, start.c.value + bindparam("length"))
    )
    for name, start in _STARTS.items()
}


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

    def counts(self) -> Counts:
        """What it counts."""
        return unpack_counts(self.blob) if self.is_sealed else summed(self.quarters().values())

    def quarters(self) -> dict[int, Counts]:
        """What a loose one counts by quarter of an hour since 1970."""
        began = self.day * QUARTERS
        return {began + quarter: of_bag(bag) for quarter, bag in unpack_loose(self.blob).items()}


class Opener(Protocol):
    """Unpacks sheets, or remembers what was in them."""

    def bag(self, blob: bytes) -> Counts:
        """The counts of a sealed bag."""

    def quarters(self, loose: Packed) -> Mapping[int, Counts]:
        """The counts of a loose sheet by quarter of an hour since 1970."""

    def part(self, bag: bytes, quarters: bytes, rows: Numbers, first: int, end: int) -> Counts:
        """What quarters of a sealed day add up to, from ``first`` and before ``end``; ``rows`` are its series."""


class Unpacking:
    """Unpacks, and remembers nothing."""

    def bag(self, blob: bytes) -> Counts:
        """The counts of a sealed bag."""
        return unpack_counts(blob)

    def quarters(self, loose: Packed) -> Mapping[int, Counts]:
        """The counts of a loose sheet by quarter of an hour since 1970."""
        return loose.quarters()

    def part(self, bag: bytes, quarters: bytes, rows: Numbers, first: int, end: int) -> Counts:
        """What quarters of a sealed day add up to, from ``first`` and before ``end``; ``rows`` are its series."""
        return unpack_part(quarters, rows, unpack_counts(bag), first, end)


_UNPACKING = Unpacking()


def read_days(connection: Connection, scope: int, subjects: Collection[int], days: range) -> list[Packed]:
    """What there is of whole days, not unpacked yet; a day may come in several parts."""
    sealed = _rows(connection, [sheet_key(Level.DAY, scope, one, day) for one in subjects for day in days])
    found = [Packed(subject_of(key), period_of(key), True, blob) for key, blob in sealed]
    return found + read_loose(connection, scope, subjects, days.start * QUARTERS, days.stop * QUARTERS)


def read_range(
    connection: Connection, scope: int, subjects: Collection[int], first: int, end: int, opener: Opener = _UNPACKING
) -> dict[int, Counts]:
    """What each subject has from quarter ``first`` since 1970 and before ``end``; of whole blocks where there are."""
    found: dict[int, list[Counts]] = {one: [] for one in subjects}
    whole = range(-(-first // QUARTERS), max(end // QUARTERS, -(-first // QUARTERS)))
    for subject, counts in [
        *_blocks_and_days(connection, scope, subjects, whole, opener),
        *_ends(connection, scope, subjects, first, end, whole, opener),
        *_within(read_loose(connection, scope, subjects, first, end), first, end, opener),
    ]:
        found[subject].append(counts)
    return {subject: summed(parts) for subject, parts in found.items()}


def _blocks_and_days(
    connection: Connection, scope: int, subjects: Collection[int], days: range, opener: Opener
) -> Iterable[tuple[int, Counts]]:
    blocks = range(-(-days.start // BLOCK_DAYS), days.stop // BLOCK_DAYS)
    made = _rows(connection, [sheet_key(Level.BLOCK, scope, one, block) for one in subjects for block in blocks])
    there = {(subject_of(key), period_of(key)) for key, _ in made}
    alone = [
        sheet_key(Level.DAY, scope, one, day)
        for one in subjects
        for day in days
        if (one, day // BLOCK_DAYS) not in there
    ]
    return [(subject_of(key), opener.bag(blob)) for key, blob in [*made, *_rows(connection, alone)]]


def _ends(
    connection: Connection, scope: int, subjects: Collection[int], first: int, end: int, whole: range, opener: Opener
) -> Iterable[tuple[int, Counts]]:
    """The sealed quarters of days that are not wholly in the range."""
    days = {day for day in (first // QUARTERS, (end - 1) // QUARTERS) if day not in whole}
    keys = [sheet_key(Level.DAY, scope, one, day) for one in subjects for day in days]
    for key, sheet in sheet_store.read(connection, keys).items() if keys else ():
        began = period_of(key) * QUARTERS
        part = max(first - began, 0), min(end - began, QUARTERS)
        if sheet.series is not None and sheet.quarters is not None:
            rows = unpack_rows(sheet.series)
            yield subject_of(key), opener.part(sheet.bag, sheet.quarters, rows, *part)


def _within(loose: Iterable[Packed], first: int, end: int, opener: Opener) -> Iterable[tuple[int, Counts]]:
    for one in loose:
        for period, counts in opener.quarters(one).items():
            if first <= period < end:
                yield one.subject, counts


def read_loose(connection: Connection, scope: int, subjects: Collection[int], first: int, end: int) -> list[Packed]:
    """The loose sheets that have a part from quarter ``first`` since 1970 and before ``end``."""
    hours = range(first // HOUR_QUARTERS, -(-end // HOUR_QUARTERS))
    if not hours or not subjects:
        return []
    starts = [sheet_key(Level.HOUR, scope, one, hours.start) for one in subjects]
    found = connection.execute(
        _RUNS[connection.dialect.name], numbered(connection, starts) | {"length": len(hours) - 1}
    ).all()
    return [Packed(subject_of(row[0]), period_of(row[0]), False, row[1]) for row in found]


def _rows(connection: Connection, keys: Collection[int]) -> list[tuple[int, bytes]]:
    if not keys:
        return []
    rows = connection.execute(_ROWS[connection.dialect.name], numbered(connection, keys))
    return [(row[0], row[1]) for row in rows.all()]
