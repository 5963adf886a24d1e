"""Marks of quarters tell which part of today was folded; those of other days go."""

from collections.abc import Iterable

import pytest
from sqlalchemy import Connection, select

from steelyard.db.database import Database
from steelyard.usage import quarter_marks
from steelyard.usage.keys import QUARTERS

TODAY = 20_000
MIDNIGHT = TODAY * QUARTERS


async def mark(usage_log: Database, quarters: Iterable[int], today: int = TODAY) -> None:
    await usage_log.write(lambda connection: quarter_marks.mark(connection, quarters, today))


async def told(usage_log: Database, first: int, end: int) -> tuple[int, int]:
    """The changes of these quarters, and the folds of their day."""

    def read(connection: Connection) -> tuple[int, int]:
        asked = select(quarter_marks.CHANGES.scalar_subquery(), quarter_marks.FOLDS.scalar_subquery())
        changes, folds = connection.execute(asked, quarter_marks.within(first, end)).one()
        return int(changes), int(folds)

    return await usage_log.read(read)


async def test_every_fold_counts_each_quarter_and_each_day_once(usage_log: Database) -> None:
    await mark(usage_log, [MIDNIGHT, MIDNIGHT + 5])
    await mark(usage_log, [MIDNIGHT + 5, MIDNIGHT + QUARTERS])
    assert await told(usage_log, MIDNIGHT, MIDNIGHT + 5) == (1, 2)
    assert await told(usage_log, MIDNIGHT, MIDNIGHT + 6) == (3, 2)
    assert await told(usage_log, MIDNIGHT + QUARTERS, MIDNIGHT + QUARTERS + 1) == (1, 1)


@pytest.mark.parametrize("first", [0, MIDNIGHT + 5])
async def test_of_no_quarters_nothing_is_told(usage_log: Database, first: int) -> None:
    await mark(usage_log, [MIDNIGHT + 5])
    assert await told(usage_log, first, first) == (0, 0)


async def test_what_is_past_is_not_marked_and_goes(usage_log: Database) -> None:
    await mark(usage_log, [MIDNIGHT - 1, MIDNIGHT])
    assert await told(usage_log, MIDNIGHT - 1, MIDNIGHT) == (0, 0)
    await mark(usage_log, [MIDNIGHT + QUARTERS], TODAY + 1)
    assert await told(usage_log, MIDNIGHT, MIDNIGHT + QUARTERS) == (0, 0)
    assert await told(usage_log, MIDNIGHT + QUARTERS, MIDNIGHT + QUARTERS + 1) == (1, 1)
