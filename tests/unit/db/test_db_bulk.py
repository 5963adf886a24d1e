"""Many rows at once: every value arrives as SQLAlchemy would have written it, and errors are the usual ones."""

from typing import Any

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import IntegrityError

from steelyard.db import bulk
from steelyard.db.database import Database
from steelyard.usage.rows import Row
from steelyard.usage.tables import hot

FULL = Row(
    1, 2, 3, 4, 5, 6, True, 7, "r", "s", 8, 9, 10, 11, 12, 13, 14, 15, 1.5, 0.25, False, 16,
    {"prompt": "é\n", "n": None, "list": [1, 2.5]},
)  # fmt: skip
MIXED = [
    FULL,
    Row(2, 2),
    Row(3, 2, vram_mb=4, gpu_utilization=1),
    Row(4, 1 << 31 - 2, tokens_in=1 << 40, success=False),
]


def every(connection: Connection) -> list[tuple[Any, ...]]:
    """The table, read by SQLAlchemy."""
    return [tuple(row) for row in connection.execute(select(hot).order_by(hot.c.id))]


async def test_rows_come_back_as_they_were(usage_log: Database) -> None:
    await usage_log.write(lambda connection: bulk.insert(connection, hot, MIXED))
    assert await usage_log.read(every) == [tuple(row) for row in MIXED]


async def test_no_rows_are_no_statement(usage_log: Database) -> None:
    await usage_log.write(lambda connection: bulk.insert(connection, hot, []))
    assert await usage_log.read(every) == []


async def test_a_key_that_is_taken_leaves_nothing(usage_log: Database) -> None:
    with pytest.raises(IntegrityError):
        await usage_log.write(lambda connection: bulk.insert(connection, hot, [Row(1, 1), Row(2, 1), Row(1, 1)]))
    assert await usage_log.read(every) == []


async def test_more_rows_than_a_statement_has_parameters(usage_log: Database) -> None:
    rows = [Row(number, 1, request=str(number)) for number in range(1, 5001)]
    await usage_log.write(lambda connection: bulk.insert(connection, hot, rows))
    count = await usage_log.read(lambda one: one.execute(select(func.count()).select_from(hot)).scalar_one())
    assert count == 5000


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_appending_is_a_transaction_of_its_own(usage_log: Database) -> None:
    await usage_log.append(hot, lambda: MIXED)
    with pytest.raises(IntegrityError):
        await usage_log.append(hot, lambda: [Row(9, 1), Row(1, 1)])
    with pytest.raises(OverflowError):
        await usage_log.append(hot, lambda: [Row(10, 1), Row(11, 1, tokens_in=1 << 70)])
    assert await usage_log.read(every) == [tuple(row) for row in MIXED]
    await usage_log.append(hot, lambda: [Row(9, 1)])
    await usage_log.write(lambda connection: bulk.insert(connection, hot, [Row(10, 1)]))
    assert len(await usage_log.read(every)) == len(MIXED) + 2
