"""Sealed sheets are stored as planes of numbers. Those of before become loose sheets, which are sealed anew."""

import zlib
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Bag = dict[int, int]
_QUARTERS, _OF_HOUR = 96, 4
_PERIOD_BITS, _LEVEL_BITS = 23, 61
_DAY_KEY, _BLOCK_KEY = 1 << _LEVEL_BITS, 2 << _LEVEL_BITS
_MEASURES = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15)  # what a series has
_AT_ONCE = 500
_sheets = sa.table("usage_sheets", sa.column("key"), sa.column("series"), sa.column("bag"), sa.column("quarters"))


def upgrade() -> None:
    """Read what was sealed, and write it as loose sheets; blocks are made again in the background."""
    connection = op.get_bind()
    connection.execute(sa.delete(_sheets).where(_sheets.c.key >= _BLOCK_KEY))
    some = sa.select(_sheets).where(_sheets.c.key >= _DAY_KEY).order_by(_sheets.c.key).limit(_AT_ONCE)
    while rows := connection.execute(some).all():
        loose = [each for row in rows for each in _loose(*row)]
        keys = [row.key for row in rows]
        connection.execute(sa.delete(_sheets).where(_sheets.c.key.between(keys[0], keys[-1])))
        _add(connection, dict(loose))


def downgrade() -> None:
    """What is in the log is counted anew; of days whose events are gone the counts are lost."""
    for name in ("usage_sheets", "usage_totals"):
        op.execute(f"DELETE FROM {name}")  # noqa: S608 - no text of anybody else
    # Of two with one key, which the fold would have told apart, one can go back.
    op.execute("DELETE FROM usage_hot WHERE id IN (SELECT id FROM usage_log)")
    op.execute("INSERT INTO usage_hot SELECT * FROM usage_log")
    op.execute("DELETE FROM usage_log")


def _add(connection: sa.Connection, loose: dict[int, dict[int, Bag]]) -> None:
    """Put loose sheets beside or into those that there are."""
    wanted: sa.BindParameter[int] = sa.bindparam("key_")
    for key, quarters in loose.items():
        found = connection.execute(sa.select(_sheets.c.bag).where(_sheets.c.key == wanted), {"key_": key}).scalar()
        for quarter, bag in ({} if found is None else _unpacked(found, dict[int, Bag])).items():
            mine = quarters.setdefault(quarter, {})
            for code, count in bag.items():
                mine[code] = mine.get(code, 0) + count
        connection.execute(sa.delete(_sheets).where(_sheets.c.key == wanted), {"key_": key})
    rows = [{"key": key, "bag": msgspec.msgpack.encode(quarters)} for key, quarters in loose.items()]
    if rows:
        connection.execute(sa.insert(_sheets), rows)


def _loose(key: int, series: bytes, bag: bytes, quarters: bytes) -> Iterator[tuple[int, dict[int, Bag]]]:
    """A day's sheet as loose ones by key: bags by quarter of the day."""
    day, subject = key & ((1 << _PERIOD_BITS) - 1), key - _DAY_KEY >> _PERIOD_BITS
    hours: dict[int, dict[int, Bag]] = {}
    for quarter, counts in _quarters(quarters, _unpacked(zlib.decompress(series), dict[int, list[int]]), bag).items():
        hours.setdefault(quarter // _OF_HOUR, {})[quarter] = counts
    for hour, bags in hours.items():
        yield subject << _PERIOD_BITS | day * _QUARTERS // _OF_HOUR + hour, bags


def _quarters(blob: bytes, series: dict[int, list[int]], bag: bytes) -> dict[int, Bag]:
    """The bags of a day by quarter, as sheets were stored before."""
    packed = _unpacked(zlib.decompress(blob), Any)
    if isinstance(packed, dict):
        found = {quarter: _bag(columns) for quarter, columns in packed.items()}
    else:
        found = _from_places(packed, _bag(_unpacked(zlib.decompress(bag), Any)))
    for quarter in range(_QUARTERS):
        sums = {measure << 5: counts[quarter] for measure, counts in series.items() if counts[quarter]}
        if sums:
            found[quarter] = found.get(quarter, {}) | sums
    return found


def _from_places(packed: list[list[int]], bag: Bag) -> dict[int, Bag]:
    found: dict[int, Bag] = {}
    numbers, steps, counts = packed[0], iter(packed[1]), iter(packed[2])
    codes = (code for code in sorted(bag) if code & 31 or code >> 5 not in _MEASURES)
    for code, number in zip(codes, numbers, strict=True):
        left, quarter = bag[code], 0
        for following in range(number - 1, -1, -1):
            quarter += next(steps)
            count = next(counts) if following else left
            left -= count
            found.setdefault(quarter, {})[code] = count
    return found


def _bag(columns: dict[int, list[int]]) -> Bag:
    bag: Bag = {}
    for dim, both in columns.items():
        half = len(both) // 2
        bag |= {number << 5 | dim: count for number, count in zip(accumulate(both[:half]), both[half:], strict=True)}
    return bag


def _unpacked(blob: bytes, kind: Any) -> Any:
    return msgspec.msgpack.decode(blob, type=kind)
