"""Sealing, blocks and rebuilding: the same counts in other places."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete

from steelyard.core.clock import system_clock
from steelyard.db.database import Database
from steelyard.testing.clock import HandClock
from steelyard.usage.blocks import Blocks
from steelyard.usage.events import Event, milliseconds
from steelyard.usage.fold import Fold
from steelyard.usage.keys import DAY_MS, HOURS, EventKeys
from steelyard.usage.rebuild import Rebuild
from steelyard.usage.sealing import Sealing, to_seal
from steelyard.usage.sheets import Bag, Dim, Level, Scope, Sum, code, sheet_key
from steelyard.usage.tables import sheets
from steelyard.usage.turns import Turns
from steelyard.usage.words import Dictionary
from steelyard.usage.writing import Kept, add
from tests.recount import assert_as_recounted, bag_of, sizes

START = datetime(2026, 1, 1, tzinfo=UTC)
FIRST_DAY = milliseconds(START) // DAY_MS
USES = code(Dim.SUM, Sum.USES)


async def _fold(database: Database, moments: Sequence[datetime]) -> None:
    keys = EventKeys()
    events = [Event("generation_completed", at, "org/a", 1, "10.0.0.1", duration_ms=9) for at in moments]
    kept = [Kept(keys.key(milliseconds(event.at)), event) for event in events]
    await database.write(lambda connection: add(connection, kept, Dictionary()))
    await Fold(database, system_clock).fold_all()


def _of_person(connection: Connection, first_day: int = FIRST_DAY, end_day: int = FIRST_DAY + 400) -> Bag:
    return bag_of(connection, Scope.PRINCIPAL, 1, first_day, end_day)


def _hour(number: int, subject: int = 1) -> int:
    return sheet_key(Level.HOUR, Scope.MODEL, subject, number)


def test_days_that_are_over_are_sealed_and_unfinished_ones_when_they_have_many() -> None:
    day = 20_000
    began = day * HOURS
    few, many, late = [_hour(began + 1), _hour(began + 2)], [_hour(began + n, 2) for n in range(10)], [_hour(began, 3)]
    assert to_seal([*few, *many, *late], began + 9) == many[:9]
    assert to_seal([*few, *many, *late], began + HOURS - 1) == many
    assert to_seal([*few, *many, *late], began + HOURS) == [*few, *many, *late]
    assert to_seal([], began) == []


async def test_a_sealed_day_has_the_same_counts(usage_log: Database) -> None:
    await _fold(usage_log, [START + timedelta(minutes=50 * step) for step in range(60)])
    sealing = Sealing(Turns(usage_log), HandClock(START + timedelta(days=30)), look=9)
    before = await usage_log.read(sizes)
    assert before[Level.DAY] == 0
    await sealing.seal()
    after = await usage_log.read(sizes)
    assert (after[Level.HOUR], after[Level.DAY]) == (0, 3 * 4)  # days and subjects
    assert sealing.sealed == before[Level.HOUR]
    await assert_as_recounted(usage_log)


async def test_what_comes_late_is_worked_into_the_sealed_day(usage_log: Database) -> None:
    sealing = Sealing(Turns(usage_log), HandClock(START + timedelta(days=30)))
    for minutes in (5, 3, 70):
        await _fold(usage_log, [START + timedelta(minutes=minutes)])
        await sealing.seal()
    await assert_as_recounted(usage_log)
    assert (await usage_log.read(sizes))[Level.HOUR] == 0


async def test_the_last_hours_stay_loose(usage_log: Database) -> None:
    await _fold(usage_log, [START])
    await Sealing(Turns(usage_log), HandClock(START + timedelta(hours=12))).seal()
    assert (await usage_log.read(sizes))[Level.DAY] == 0


async def test_sixteen_days_become_a_block(usage_log: Database) -> None:
    await _fold(usage_log, [START + timedelta(days=step) for step in range(60)])
    turns, clock = Turns(usage_log), HandClock(START + timedelta(days=70))
    await Sealing(turns, clock).seal()
    plain = await usage_log.read(_of_person)
    blocks = Blocks(turns, clock)
    await blocks.make()
    assert blocks.made == (await usage_log.read(sizes))[Level.BLOCK] > 8
    assert await usage_log.read(_of_person) == plain
    await blocks.make()
    assert blocks.made == (await usage_log.read(sizes))[Level.BLOCK]


async def test_a_block_is_kept_right_when_one_of_its_days_changes(usage_log: Database) -> None:
    await _fold(usage_log, [START + timedelta(days=step) for step in range(40)])
    turns, clock = Turns(usage_log), HandClock(START + timedelta(days=70))
    sealing = Sealing(turns, clock)
    await sealing.seal()
    await Blocks(turns, clock).make()
    made = (await usage_log.read(sizes))[Level.BLOCK]
    await _fold(usage_log, [START + timedelta(days=20, hours=1)])
    assert (await usage_log.read(_of_person))[USES] == 41  # loose, beside the block
    await sealing.seal()
    assert (await usage_log.read(_of_person))[USES] == 41
    assert (await usage_log.read(sizes))[Level.BLOCK] == made
    part = await usage_log.read(lambda one: _of_person(one, FIRST_DAY + 19, FIRST_DAY + 35))
    assert part[USES] == 17


async def test_damaged_days_are_made_anew(usage_log: Database) -> None:
    await _fold(usage_log, [START + timedelta(hours=5 * step) for step in range(30)])
    turns = Turns(usage_log)
    await Sealing(turns, HandClock(START + timedelta(days=3))).seal()
    await usage_log.write(lambda one: one.execute(delete(sheets).where(sheets.c.key % 3 == 0)))
    await Rebuild(turns).rebuild(FIRST_DAY, FIRST_DAY + 8)
    await assert_as_recounted(usage_log)
    sheets_now = await usage_log.read(sizes)
    assert (sheets_now[Level.HOUR], sheets_now[Level.DAY]) == (0, 7 * 4)
