"""Whether the sheets are what a count of the log gives: to be asked after whatever may have hurt them."""

from collections.abc import Mapping

from sqlalchemy import Connection, select

from steelyard.db.database import Database
from steelyard.usage import sheet_batches, sheet_store
from steelyard.usage.counting import Counted, sheet_of
from steelyard.usage.counts import to_bag
from steelyard.usage.keys import QUARTERS
from steelyard.usage.rebuild import recount
from steelyard.usage.sheets import (
    Bag,
    Level,
    Sheet,
    add,
    scope_of,
    sheet_key,
    subject_of,
)
from steelyard.usage.spelling import Spelling
from steelyard.usage.tables import sheets, totals

_DAYS = 80_000  # since 1970: all that a key can hold
Counts = dict[tuple[int, int, int], Sheet]


async def assert_as_recounted(database: Database, *, with_totals: bool = True) -> None:
    """Every sheet, every total: as the log says. ``with_totals`` is for logs from which nothing was deleted."""
    counted = await database.read(_recounted)
    assert await database.read(all_counts) == {which: sheet for which, sheet in cleaned(counted).items() if sheet.bag}
    if with_totals:
        found = {key: (total.events, total.first_ms, total.last_ms) for key, total in counted.totals.items()}
        assert await database.read(all_totals) == found


def all_counts(connection: Connection) -> Counts:
    """Every subject's days as whoever asks for statistics reads them."""
    found: Counts = {}
    for scope, subject in {(scope_of(key), subject_of(key)) for key in _keys(connection)}:
        for day in sheet_store.read_days(connection, scope, subject, 0, _DAYS, series=True, bags=True):
            quarters = dict(sheet_store.read_quarters(connection, scope, subject, day.day))
            series = {measure: counts for measure, counts in day.series.items() if any(counts)}
            if day.bag or quarters:
                found[scope, subject, day.day] = Sheet(series, day.bag, quarters)
    return found


def all_totals(connection: Connection) -> dict[tuple[int, int], tuple[int, int, int]]:
    """Events, first and last time by type and model."""
    return {
        (row.type, row.model): (row.events, row.first_ms, row.last_ms) for row in connection.execute(select(totals))
    }


def cleaned(counted: Counted) -> Counts:
    """Counts without the zeros that come and go."""
    return {which: sheet_of(_clean(quarters)) for which, quarters in counted.days.items()}


def sizes(connection: Connection) -> Mapping[Level, int]:
    """How many sheets there are of each level."""
    found = dict.fromkeys(Level, 0)
    for key in _keys(connection):
        found[Level(key // sheet_key(1, 0, 0, 0))] += 1
    return found


def _clean(quarters: Mapping[int, Bag]) -> dict[int, Bag]:
    found: dict[int, Bag] = {}
    for quarter, bag in quarters.items():
        add(found.setdefault(quarter, {}), bag)
    return {quarter: bag for quarter, bag in found.items() if bag}


def _keys(connection: Connection) -> list[int]:
    return list(connection.execute(select(sheets.c.key)).scalars())


def _recounted(connection: Connection) -> Counted:
    counted, unknown = recount(connection, Spelling(), 0, _DAYS)
    assert not unknown
    return counted


def bag_of(connection: Connection, scope: int, subject: int, first_day: int, end_day: int) -> Bag:
    """What is read of one subject from ``first_day`` and before ``end_day``, by way of blocks where there are."""
    parts = sheet_batches.read_range(connection, scope, [subject], first_day * QUARTERS, end_day * QUARTERS)
    return to_bag(parts[subject])
