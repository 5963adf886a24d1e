"""Days counted anew from the log."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, delete, func, select, update

from steelyard.core.clock import system_clock
from steelyard.db.database import Database
from steelyard.usage.events import Event, milliseconds
from steelyard.usage.fold import Fold
from steelyard.usage.keys import DAY_MS, EventKeys, first_key
from steelyard.usage.rebuild import EventsGone, Rebuild, days_to_recount
from steelyard.usage.sealing import Sealing
from steelyard.usage.state import keep_from
from steelyard.usage.tables import events, sheets
from steelyard.usage.tables import hot as hot_table
from steelyard.usage.turns import Turns
from steelyard.usage.words import Dictionary
from steelyard.usage.writing import Kept, add
from tests.recount import assert_as_recounted

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = milliseconds(START) // DAY_MS


async def _used(database: Database, days: int, a_day: int = 3) -> None:
    """So many days with so many events each, counted."""
    keys = EventKeys()
    moments = [START + timedelta(days=day, hours=hour) for day in range(days) for hour in range(a_day)]
    used = [Event("generation_completed", at, "org/a", 1, "10.0.0.1", duration_ms=9) for at in moments]
    kept = [Kept(keys.key(milliseconds(event.at)), event) for event in used]
    await database.write(lambda connection: add(connection, kept, Dictionary()))
    await Fold(database, system_clock).fold_all()


def _sheets(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(sheets)).scalar_one()


async def test_it_tells_what_it_found_and_what_was_counted_before(usage_log: Database) -> None:
    await _used(usage_log, days=2)
    await Sealing(Turns(usage_log), system_clock).seal()
    rebuild = Rebuild(Turns(usage_log))
    right = await rebuild.recount(DAY)
    assert (right.day, right.events, right.counted_before) == (DAY, 3, 3)
    await usage_log.write(lambda one: one.execute(delete(sheets)))
    lost = await rebuild.recount(DAY)
    assert (lost.events, lost.counted_before, lost.sheets) == (3, 0, 4)
    await rebuild.recount(DAY + 1)
    await assert_as_recounted(usage_log)


async def test_sheets_that_nobody_can_read_are_made_anew(usage_log: Database) -> None:
    await _used(usage_log, days=1)
    await Sealing(Turns(usage_log), system_clock).seal()
    await usage_log.write(lambda one: one.execute(update(sheets).values(bag=b"no bag", quarters=b"none")))
    assert (await Rebuild(Turns(usage_log)).recount(DAY)).counted_before is None
    await assert_as_recounted(usage_log)


async def test_a_day_whose_events_are_deleted_keeps_its_counts(usage_log: Database) -> None:
    await _used(usage_log, days=3)
    gone = first_key((DAY + 1) * DAY_MS)
    await usage_log.write(lambda one: keep_from(one, gone))
    await usage_log.write(lambda one: one.execute(delete(events).where(events.c.id < gone)))
    before = await usage_log.read(_sheets)
    with pytest.raises(EventsGone, match="2026-01-01 are deleted: the log has every event since 2026-01-02"):
        await Rebuild(Turns(usage_log)).recount(DAY)
    assert await usage_log.read(_sheets) == before
    assert await usage_log.read(days_to_recount) == range(DAY + 1, DAY + 3)


async def test_the_days_that_can_be_counted_anew(usage_log: Database) -> None:
    assert await usage_log.read(days_to_recount) == range(0)
    await _used(usage_log, days=3)
    assert await usage_log.read(days_to_recount) == range(DAY, DAY + 3)
    await Sealing(Turns(usage_log), system_clock).seal()
    await usage_log.write(lambda one: one.execute(delete(events).where(events.c.id >= first_key((DAY + 2) * DAY_MS))))
    assert await usage_log.read(days_to_recount) == range(DAY, DAY + 3)  # a sheet without events is wrong as well


async def test_an_event_that_the_fold_could_not_count_stops_no_recount(usage_log: Database) -> None:
    await _used(usage_log, days=1)
    key, unknown_type = first_key(milliseconds(START)) + 1, 999_999
    await usage_log.write(lambda one: one.execute(hot_table.insert().values(id=key, type=unknown_type)))
    await Fold(usage_log, system_clock).fold_all()
    assert (await Rebuild(Turns(usage_log)).recount(DAY)).events == 3
    await assert_as_recounted(usage_log)


async def test_a_day_that_others_write_meanwhile_is_counted_anew(usage_log: Database) -> None:
    """The fold of another process goes on taking turns; nothing is lost and nobody waits for ever."""
    await _used(usage_log, days=1)
    fold, keys, is_over = Fold(usage_log, system_clock, Turns(usage_log)), EventKeys(), asyncio.Event()

    async def go_on() -> None:
        while not is_over.is_set():
            used = Event("generation_completed", START + timedelta(hours=3), "org/b", 2, "10.0.0.2", duration_ms=5)
            kept = Kept(keys.key(milliseconds(used.at)), used)
            await usage_log.write(lambda connection, kept=kept: add(connection, [kept], Dictionary()))  # type: ignore[misc]
            await fold.fold_once()

    other = asyncio.create_task(go_on())
    rebuild = Rebuild(Turns(usage_log, patience=1))
    for _ in range(3):
        await usage_log.write(lambda one: one.execute(delete(sheets).where(sheets.c.key % 3 == 0)))
        assert (await rebuild.recount(DAY)).events >= 3
    is_over.set()
    await other
    await rebuild.recount(DAY)
    await assert_as_recounted(usage_log)
