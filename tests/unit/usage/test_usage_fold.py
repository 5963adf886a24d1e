"""The fold: whatever comes in, in whatever order, is counted once, and as a count of the log counts it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, func, select

from steelyard.core.clock import system_clock
from steelyard.db.database import Database
from steelyard.testing.clock import HandClock
from steelyard.usage import hot
from steelyard.usage.blocks import Blocks
from steelyard.usage.counting import count
from steelyard.usage.events import Event, milliseconds
from steelyard.usage.fold import Fold
from steelyard.usage.keys import EventKeys
from steelyard.usage.rows import Row
from steelyard.usage.sealing import Sealing
from steelyard.usage.sheet_store import TurnTaken, take_turn, turn
from steelyard.usage.spelling import Spelling, learn
from steelyard.usage.tables import events, sheets, totals
from steelyard.usage.tables import hot as hot_table
from steelyard.usage.turns import Turns
from steelyard.usage.words import Dictionary
from steelyard.usage.writing import Kept, add
from tests.recount import all_counts, all_totals, assert_as_recounted, cleaned

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
# Clocks in Europe went on at 2026-03-29T01:00Z, and midnights of several zones lie around these.
TURNS_OF_CLOCKS = [
    datetime(2026, 3, 28, 23, 59, 59, 999_000, tzinfo=UTC),
    datetime(2026, 3, 29, 0, tzinfo=UTC),
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC),
    datetime(2026, 10, 25, 18, 30, tzinfo=UTC),
]
MOMENTS = st.one_of(
    st.sampled_from(TURNS_OF_CLOCKS),
    st.builds(
        lambda base, seconds: base + timedelta(seconds=seconds),
        st.sampled_from(TURNS_OF_CLOCKS),
        st.integers(-100_000, 100_000),
    ),
)
SMALL = st.integers(0, 3000)
EVENTS = st.builds(
    Event,
    type=st.sampled_from([
        "generation_completed", "generation_failed", "generation_started", "generation_request", "model_download",
        "model_access", "api_request", "model_load", "something_new",
    ]),
    at=MOMENTS,
    model=st.sampled_from([None, "org/a", "org/b"]),
    principal=st.sampled_from([None, 1, 2, 2**40]),
    address=st.sampled_from([None, "10.0.0.1", "::1"]),
    agent=st.sampled_from([None, "curl/8"]),
    success=st.sampled_from([None, True, False]),
    error_code=st.sampled_from([None, "500"]),
    request=st.sampled_from([None, "r"]),
    duration_ms=st.none() | SMALL,
    queue_ms=st.none() | SMALL,
    load_ms=st.none() | SMALL,
    first_token_ms=st.none() | SMALL,
    tokens_in=st.none() | SMALL,
    tokens_out=st.none() | SMALL,
    bytes_out=st.none() | st.integers(0, 2**40),
    vram_mb=st.none() | st.floats(0, 1e5),
    gpu_utilization=st.none() | st.floats(0, 100),
    repeated=st.sampled_from([None, True, False]),
    parameters=st.sampled_from([None, {"steps": 30}, {"steps": 20, "lora": "x"}, {"prompt": "words", "steps": 30}]),
)  # fmt: skip


async def record(database: Database, batch: Sequence[Event], keys: EventKeys | None = None) -> None:
    """What the recorder does."""
    keys = keys or EventKeys()
    kept = [Kept(keys.key(milliseconds(event.at)), event) for event in batch]
    await database.write(lambda connection: add(connection, kept, Dictionary()))


def _use(minutes: float = 0, **more: object) -> Event:
    made = {"type": "generation_completed", "at": NOON + timedelta(minutes=minutes), "model": "org/a", **more}
    return Event(**made)  # type: ignore[arg-type]


async def _empty(database: Database) -> None:
    def work(connection: Connection) -> None:
        for table in (events, hot_table, sheets, totals):
            connection.execute(delete(table))

    await database.write(work)


def _live(connection: Connection) -> object:
    rows = hot.oldest(connection, 1000)
    spelled, _ = Spelling().read(connection, rows)
    return cleaned(count(rows, spelled))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    batches=st.lists(st.lists(EVENTS, max_size=12), max_size=4),
    size=st.integers(1, 9),
    is_sealed=st.lists(st.booleans(), min_size=4, max_size=4),
)
async def test_whatever_comes_in_is_counted_as_a_recount_counts_it(
    usage_log: Database, batches: list[list[Event]], size: int, is_sealed: list[bool]
) -> None:
    await _empty(usage_log)
    turns, keys = Turns(usage_log), EventKeys()
    fold, sealing = Fold(usage_log, system_clock, turns, size=size), Sealing(turns, system_clock, look=7)
    for batch, seals in zip(batches, is_sealed, strict=False):
        await record(usage_log, batch, keys)
        await fold.fold_once()
        if seals:
            await sealing.seal(everything=True)
    await fold.fold_all()
    await assert_as_recounted(usage_log)
    await sealing.seal(everything=True)
    await Blocks(turns, HandClock(datetime(2027, 1, 1, tzinfo=UTC))).make()
    await assert_as_recounted(usage_log)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(batch=st.lists(EVENTS, max_size=9))
async def test_what_is_live_is_what_will_be_folded(usage_log: Database, batch: list[Event]) -> None:
    await _empty(usage_log)
    await record(usage_log, batch)
    _, unknown = await usage_log.read(lambda one: Spelling().read(one, hot.oldest(one, 99)))
    await usage_log.write(lambda one: learn(one, unknown))  # a parameter counts once it is a word
    before = await usage_log.read(_live)
    await Fold(usage_log, system_clock).fold_all()
    assert await usage_log.read(all_counts) == before


async def test_a_folded_event_is_in_the_log_and_waits_no_more(usage_log: Database) -> None:
    await record(usage_log, [_use(), _use(1), _use(2)])
    fold = Fold(usage_log, system_clock, size=2)
    assert await fold.fold_once() == 2
    assert await usage_log.read(hot.waiting) == 1
    assert await fold.fold_once() == 1
    assert await fold.fold_once() == 0
    assert await usage_log.read(lambda one: one.execute(select(func.count()).select_from(events)).scalar_one()) == 3
    assert (fold.figures.folded, fold.figures.slices) == (3, 2)


async def test_every_column_comes_into_the_log(usage_log: Database) -> None:
    await record(usage_log, [_use(principal=7, address="::1", parameters={"prompt": "é", "n": [1]}, vram_mb=1.5)])
    before = await usage_log.read(lambda one: hot.oldest(one, 9))
    await Fold(usage_log, system_clock).fold_all()
    assert await usage_log.read(lambda one: hot.rows_of(one, select(events))) == before


async def test_folds_of_several_processes_count_nothing_twice(usage_log: Database) -> None:
    await record(usage_log, [_use(minutes) for minutes in range(60)])
    folds = [Fold(usage_log, system_clock, size=7) for _ in range(3)]
    await asyncio.gather(*(fold.fold_all() for fold in folds))
    assert sum(fold.figures.folded for fold in folds) == 60
    await assert_as_recounted(usage_log)


async def test_who_comes_second_starts_over(usage_log: Database) -> None:
    seen = await usage_log.read(turn)
    await usage_log.write(lambda connection: take_turn(connection, seen))
    with pytest.raises(TurnTaken):
        await usage_log.write(lambda connection: take_turn(connection, seen))
    await usage_log.write(lambda connection: take_turn(connection, seen + 1))


async def test_a_fold_that_fails_leaves_everything_as_it_was(usage_log: Database) -> None:
    await record(usage_log, [_use()])
    fold = Fold(usage_log, system_clock)
    keys = [row.id for row in await usage_log.read(lambda one: hot.oldest(one, 9))]
    await fold.fold_all()
    with pytest.raises(TurnTaken):  # its rows have been moved by somebody else
        await usage_log.write(lambda one: hot.move(one, keys))
    await assert_as_recounted(usage_log)


async def test_a_late_event_finds_its_place(usage_log: Database) -> None:
    fold = Fold(usage_log, system_clock)
    await record(usage_log, [_use(10)])
    await fold.fold_all()
    await record(usage_log, [_use(-60 * 24 * 3), _use(5)])
    await fold.fold_all()
    await assert_as_recounted(usage_log)
    totals_found = await usage_log.read(all_totals)
    began = milliseconds(NOON)
    assert list(totals_found.values()) == [(3, began - 3 * 86_400_000, began + 600_000)]


async def test_events_of_one_key_in_both_tables_do_not_stop_the_fold(usage_log: Database) -> None:
    """Keys of two processes meet once in millions of times."""
    fold = Fold(usage_log, system_clock)
    key = EventKeys().key(milliseconds(NOON))
    await usage_log.write(lambda one: add(one, [Kept(key, _use(model="org/a"))], Dictionary()))
    await fold.fold_all()
    others = [Kept(key, _use(model="org/b")), Kept(key + 5, _use(model="org/c"))]
    await usage_log.write(lambda one: add(one, others, Dictionary()))
    await fold.fold_all()
    rows: list[Row] = await usage_log.read(lambda one: hot.rows_of(one, select(events)))
    assert len(rows) == 3
    await assert_as_recounted(usage_log)


@pytest.mark.parametrize("size", [1, 7, 3000])
async def test_an_event_that_cannot_be_counted_loses_its_parameters(usage_log: Database, size: int) -> None:
    """Half a surrogate is no text that a database takes; JSON has a way to write it."""
    broken = [_use(3, parameters={"\ud800": 1, "seed": "x" * 200}), _use(4, parameters={"\udfff": 1, "prompt": "p"})]
    await record(usage_log, [*(_use(minute, parameters={"steps": 30}) for minute in range(10)), *broken])
    fold = Fold(usage_log, system_clock, size=size)
    await fold.fold_all()
    assert (fold.figures.folded, fold.figures.set_aside) == (12, 2)
    assert await usage_log.read(hot.waiting) == 0
    await assert_as_recounted(usage_log)


async def test_an_event_that_cannot_be_counted_at_all_is_moved(usage_log: Database) -> None:
    await record(usage_log, [_use(minute) for minute in range(3)])
    key, unknown_type = EventKeys().key(milliseconds(NOON)) + 1, 999_999
    await usage_log.write(lambda one: one.execute(hot_table.insert().values(id=key, type=unknown_type)))
    fold = Fold(usage_log, system_clock)
    await fold.fold_all()
    assert (fold.figures.folded, fold.figures.set_aside) == (3, 1)
    assert await usage_log.read(lambda one: one.execute(select(func.count()).select_from(events)).scalar_one()) == 4


async def test_long_names_of_parameters_do_not_stop_the_fold(usage_log: Database) -> None:
    name = "".join(chr(0x4E00 + 7919 * number % 20_000) for number in range(4_000))  # nothing can make it smaller
    await record(usage_log, [_use(parameters={name: 1, "steps": 30})])
    fold = Fold(usage_log, system_clock)
    await fold.fold_all()
    assert (fold.figures.folded, fold.figures.set_aside) == (1, 0)


async def test_it_runs_until_it_is_cancelled(usage_log: Database) -> None:
    fold = Fold(usage_log, system_clock, size=2, pause=0.001)
    task = asyncio.create_task(fold.run())
    await record(usage_log, [_use(minute) for minute in range(5)])
    while await usage_log.read(hot.waiting):  # noqa: ASYNC110 - the database is looked at
        await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
