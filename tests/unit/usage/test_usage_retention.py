"""What is too old goes, in slices; what is kept is found, and totals stay."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, select

from steelyard.db.database import Database
from steelyard.testing.clock import HandClock
from steelyard.usage import sheet_store
from steelyard.usage.blocks import Blocks
from steelyard.usage.events import Event, milliseconds
from steelyard.usage.fold import Fold
from steelyard.usage.keys import DAY_MS, EventKeys
from steelyard.usage.lines import EventFilter, count, list_page
from steelyard.usage.retention import Retention
from steelyard.usage.sealing import Sealing
from steelyard.usage.sheets import BLOCK_DAYS, Scope, Sum, code
from steelyard.usage.store import total_requests
from steelyard.usage.tables import events, sheets
from steelyard.usage.turns import Turns
from steelyard.usage.words import Dictionary
from steelyard.usage.writing import Kept, add

SUM = code(0, Sum.EVENTS)


class Log:
    """A log to which a few events are added on each of some days."""

    def __init__(self, usage_log: Database, clock: HandClock) -> None:
        self.database = usage_log
        self.clock = clock
        self.turns = Turns(usage_log)
        self._keys = EventKeys()

    async def live(self, days: int, a_day: int = 3) -> None:
        """So many days pass, with so many events each; they are folded, sealed, and made into blocks."""
        for _ in range(days):
            kept = [self._event(minutes) for minutes in range(a_day)]
            await self.database.write(lambda connection, kept=kept: add(connection, kept, Dictionary()))  # type: ignore[misc]
            self.clock.forward(days=1)
        await Fold(self.database, self.clock, self.turns).fold_all()
        await Sealing(self.turns, self.clock).seal(everything=True)
        await Blocks(self.turns, self.clock).make()

    def retention(self, event_days: int, sheet_days: int, size: int = 4, look: int = 100) -> Retention:
        """With slices of ``size``, that look at ``look`` subjects."""
        return Retention(self.database, self.turns, self.clock, event_days, sheet_days, size, look)

    async def sheets(self) -> int:
        """How many sheets there are."""
        return await self.database.read(lambda one: one.execute(select(func.count()).select_from(sheets)).scalar_one())

    async def sheet_days(self) -> list[int]:
        """The days ago of which anything is counted."""
        today = milliseconds(self.clock.now()) // DAY_MS

        def read(connection: Connection) -> list[int]:
            found = sheet_store.read_days(connection, Scope.DEPOT, 0, 0, today + 1, series=False, bags=True)
            return [today - sheet.day for sheet in found if sheet.bag[SUM]]

        return await self.database.read(read)

    async def rows(self) -> int:
        """How many events lie in the log."""
        return await self.database.read(lambda one: one.execute(select(func.count()).select_from(events)).scalar_one())

    def _event(self, minutes: int) -> Kept:
        at = self.clock.now() + timedelta(minutes=minutes)
        event = Event("model_access", at, "org/name", 7, "::1", success=True)
        return Kept(self._keys.key(milliseconds(at)), event)


@pytest.fixture
def log(usage_log: Database, clock: HandClock) -> Log:
    """An empty log."""
    return Log(usage_log, clock)


async def test_events_of_days_that_are_too_old_go_and_their_counts_stay(log: Log) -> None:
    await log.live(days=12)
    retention = log.retention(event_days=5, sheet_days=400)
    await retention.purge()
    assert (await log.rows(), retention.purged_events, retention.purged_sheets) == (15, 21, 0)
    total, page = await log.database.read(lambda one: list_page(one, EventFilter(model="org/name"), 100, 0))
    assert (total, len(page)) == (15, 15)
    assert len(await log.sheet_days()) == 12
    assert await log.database.read(total_requests) == 36
    await retention.purge()
    assert retention.purged_events == 21


async def test_a_purge_that_was_cut_short_shows_no_half_of_a_day(log: Log) -> None:
    await log.live(days=4)
    await log.retention(event_days=2, sheet_days=400, size=4).purge()
    for wanted in (EventFilter(), EventFilter(principals=frozenset({7}))):
        assert await log.database.read(lambda one, wanted=wanted: count(one, wanted)) == 6  # type: ignore[misc]


async def test_old_sheets_go_by_whole_blocks_and_lifetime_totals_stay(log: Log) -> None:
    await log.live(days=5 * BLOCK_DAYS, a_day=1)
    retention = log.retention(event_days=5, sheet_days=2 * BLOCK_DAYS, size=9)
    await retention.purge()
    kept = await log.sheet_days()
    assert 2 * BLOCK_DAYS <= len(kept) < 3 * BLOCK_DAYS
    assert retention.purged_sheets > 0
    assert await log.database.read(total_requests) == 5 * BLOCK_DAYS
    rest = await log.database.read(lambda one: one.execute(select(func.count()).select_from(sheets)).scalar_one())
    await retention.purge()
    assert rest == await log.database.read(
        lambda one: one.execute(select(func.count()).select_from(sheets)).scalar_one()
    )


async def test_a_file_gets_smaller(log: Log) -> None:
    if log.database.kind != "sqlite":
        pytest.skip("PostgreSQL uses the room again by itself")
    await log.live(days=40, a_day=100)

    def pages(connection: Connection) -> tuple[int, int]:
        free = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
        return int(connection.exec_driver_sql("PRAGMA page_count").scalar_one()), int(free)

    before, _ = await log.database.read(pages)
    await log.retention(event_days=1, sheet_days=400, size=500).purge()
    after, free = await log.database.read(pages)
    assert (after < before, free) == (True, 0)


@pytest.mark.parametrize("look", [1, 2, 100])
async def test_old_sheets_go_a_few_at_a_time(log: Log, look: int) -> None:
    """Of each subject many days are too old, and no turn takes more of them than it may."""
    await log.live(days=5 * BLOCK_DAYS, a_day=1)
    before, turn = await log.sheets(), await log.database.read(sheet_store.turn)
    retention = log.retention(event_days=5, sheet_days=2 * BLOCK_DAYS, size=9, look=look)
    await retention.purge()
    assert retention.purged_sheets == before - await log.sheets() > 100
    assert await log.database.read(sheet_store.turn) - turn >= retention.purged_sheets / 9


async def test_two_processes_count_together_what_went(log: Log) -> None:
    await log.live(days=4 * BLOCK_DAYS, a_day=3)
    rows, before = await log.rows(), await log.sheets()
    both = [log.retention(event_days=5, sheet_days=2 * BLOCK_DAYS, size=20) for _ in range(2)]
    await asyncio.gather(*(retention.purge() for retention in both))
    assert sum(one.purged_events for one in both) == rows - await log.rows() > 0
    assert sum(one.purged_sheets for one in both) == before - await log.sheets() > 0
