"""Who has the sheets for a while."""

import pytest
from sqlalchemy import select

from steelyard.db.database import Database
from steelyard.usage import reservation
from steelyard.usage.reservation import Reserved
from steelyard.usage.tables import state

NOW, LATER, LONG_AFTER = 1_800_000_000_000, 1_800_000_060_000, 1_800_000_121_000
ONE, OTHER = 5, 6


async def _take(usage_log: Database, holder: int, now_ms: int) -> bool:
    return await usage_log.write(lambda connection: reservation.take(connection, holder, now_ms))


async def _require_free(usage_log: Database, holder: int, now_ms: int) -> None:
    await usage_log.read(lambda connection: reservation.require_free(connection, holder, now_ms))


async def test_one_has_them_and_the_others_are_told(usage_log: Database) -> None:
    await _require_free(usage_log, OTHER, NOW)
    assert await _take(usage_log, ONE, NOW)
    await _require_free(usage_log, ONE, LATER)
    with pytest.raises(Reserved):
        await _require_free(usage_log, OTHER, LATER)
    assert not await _take(usage_log, OTHER, LATER)


async def test_given_up_they_are_everybodys(usage_log: Database) -> None:
    await _take(usage_log, ONE, NOW)
    await usage_log.write(lambda connection: reservation.give_up(connection, OTHER))  # nothing of its own
    assert not await _take(usage_log, OTHER, LATER)
    await usage_log.write(lambda connection: reservation.give_up(connection, ONE))
    assert await _take(usage_log, OTHER, LATER)


async def test_who_was_killed_is_waited_for_no_longer_than_two_minutes(usage_log: Database) -> None:
    await _take(usage_log, ONE, NOW)
    await _require_free(usage_log, OTHER, LONG_AFTER)
    assert await _take(usage_log, OTHER, LONG_AFTER)


async def test_a_clock_that_is_hours_ahead_keeps_nobody_out(usage_log: Database) -> None:
    await _take(usage_log, ONE, NOW + 3_600_000)
    await _require_free(usage_log, OTHER, NOW)


async def test_a_holder_can_have_them_longer(usage_log: Database) -> None:
    assert await _take(usage_log, ONE, NOW)
    assert await _take(usage_log, ONE, LATER)
    with pytest.raises(Reserved):
        await _require_free(usage_log, OTHER, LONG_AFTER)
    assert await usage_log.read(lambda one: one.execute(select(state.c.value).where(state.c.name == "reserved")).all())
