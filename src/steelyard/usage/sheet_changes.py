"""Changes of counts, worked into sheets: read, add, and say what is to be written.

Reading and adding need no turn and hold up nobody; writing the answer does. ``Turns`` does both in their order.
"""

from collections.abc import Mapping
from itertools import groupby

from sqlalchemy import Connection

from steelyard.usage import sheet_store
from steelyard.usage.counting import Counted, add_quarter
from steelyard.usage.keys import HOUR_QUARTERS, HOURS, QUARTERS
from steelyard.usage.packing import (
    pack_bag,
    pack_loose,
    pack_quarters,
    pack_series,
    unpack_bag,
    unpack_loose,
)
from steelyard.usage.sheet_store import Stored
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

Changes = dict[int, Stored | None]  # what is to be written by key; None: to be taken away
Day = tuple[int, int, int]  # scope, subject, day


def changed_sheets(connection: Connection, counted: Counted) -> Changes:
    """The loose sheets with these counts added."""
    hours: dict[int, dict[int, Bag]] = {}
    for (scope, subject, period), bag in counted.bags.items():
        hour = hours.setdefault(sheet_key(Level.HOUR, scope, subject, period // HOUR_QUARTERS), {})
        hour[period % QUARTERS] = bag
    old = sheet_store.read(connection, list(hours))
    return {key: _loose(old.get(key), quarters) for key, quarters in hours.items()}


def sealed_days(connection: Connection, loose: list[int]) -> Changes:
    """The day sheets with these loose sheets worked in, and the blocks of those days; the loose ones go."""
    old = sheet_store.read(connection, loose)
    by_day = {day: list(keys) for day, keys in groupby(sorted(old), day_of)}
    days = sheet_store.read(connection, [sheet_key(Level.DAY, *day) for day in by_day])
    changes: Changes = dict.fromkeys(old)
    sums: dict[int, Bag] = {}  # by block
    for day, keys in by_day.items():
        key = sheet_key(Level.DAY, *day)
        quarters: dict[int, Bag] = {}
        for each in keys:
            quarters |= unpack_loose(old[each].bag)
        changes[key] = _sealed(days.get(key), quarters)
        for bag in quarters.values():
            add(sums.setdefault(_block_of(day), {}), bag)
    return changes | _changed_blocks(connection, sums)


def day_of(loose: int) -> Day:
    """The day that the loose sheet of this key belongs to."""
    return scope_of(loose), subject_of(loose), period_of(loose) // HOURS


def packed_day(quarters: dict[int, Bag]) -> Stored | None:
    """A sealed day of these quarters; None when nothing is in them."""
    total: Bag = {}
    series: Series = {}
    for quarter, bag in quarters.items():
        # Counts that come to nothing stay: quarters are stored by the codes of the day's bag.
        for a_code, count in bag.items():
            total[a_code] = total.get(a_code, 0) + count
        add_quarter(series, quarter, bag)
    return Stored(pack_series(series), pack_bag(total), pack_quarters(quarters)) if any(total.values()) else None


def _block_of(day: Day) -> int:
    return sheet_key(Level.BLOCK, day[0], day[1], day[2] // BLOCK_DAYS)


def _changed_blocks(connection: Connection, sums: Mapping[int, Bag]) -> Changes:
    """Those blocks that have been made, with their changes; the others are made some day."""
    changes: Changes = {}
    for key, block in sheet_store.read(connection, list(sums)).items():
        bag = unpack_bag(block.bag)
        add(bag, sums[key])
        changes[key] = Stored(None, pack_bag(bag), None) if bag else None
    return changes


def _loose(old: Stored | None, changes: Mapping[int, Bag]) -> Stored | None:
    quarters = {} if old is None else unpack_loose(old.bag)
    for quarter, change in changes.items():
        add(quarters.setdefault(quarter, {}), change)
    left = {quarter: bag for quarter, bag in quarters.items() if bag}
    return Stored(None, pack_loose(left), None) if left else None


def _sealed(old: Stored | None, changes: Mapping[int, Bag]) -> Stored | None:
    """A day's sheet with changes by quarter; None when nothing is left of it."""
    quarters = {} if old is None else sheet_store.quarters_of(old)
    for quarter, change in changes.items():
        add(quarters.setdefault(quarter, {}), change)
    return packed_day(quarters)
