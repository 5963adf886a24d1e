"""What is read of a range, from sheets, blocks and hot rows, is what a plain count of the events gives."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete

from steelyard.db.database import Database
from steelyard.testing.clock import HandClock
from steelyard.usage.blocks import Blocks
from steelyard.usage.counts import summed, to_bag
from steelyard.usage.events import Event, milliseconds
from steelyard.usage.fold import Fold
from steelyard.usage.keys import EventKeys
from steelyard.usage.sealing import Sealing
from steelyard.usage.sheets import Scope, Sum, code
from steelyard.usage.statistics import store
from steelyard.usage.statistics.cache import Cache
from steelyard.usage.statistics.detail import points_of
from steelyard.usage.statistics.ranges import Range, Step, between
from steelyard.usage.statistics.reading import SheetReader
from steelyard.usage.statistics.tally import Tally
from steelyard.usage.tables import events, hot, sheets, totals
from steelyard.usage.turns import Turns
from steelyard.usage.words import Dictionary
from steelyard.usage.writing import Kept, add

NOW = datetime(2026, 4, 2, 12, 7, tzinfo=UTC)
FIRST = datetime(2026, 3, 1, tzinfo=UTC)
MODELS = ("org/a", "org/b")
PLACES = ("UTC", "Europe/Berlin", "Asia/Kathmandu", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe")
MOMENTS = st.builds(
    lambda seconds: FIRST + timedelta(seconds=seconds), st.integers(0, int((NOW - FIRST).total_seconds()))
)
USES = st.builds(
    Event,
    type=st.sampled_from(["generation_completed", "generation_failed", "model_access"]),
    at=MOMENTS,
    model=st.sampled_from(MODELS),
    principal=st.sampled_from([None, 1, 2]),
    duration_ms=st.sampled_from([None, 3.0, 250.0]),
    tokens_out=st.sampled_from([None, 7]),
)


@pytest.fixture
def reader() -> SheetReader:
    clock = HandClock(NOW)
    return SheetReader(clock, Cache(clock, 900), Cache(clock, 900))


async def record(usage_log: Database, some: Sequence[Event]) -> None:
    keys = EventKeys()
    kept = [Kept(keys.key(milliseconds(event.at)), event) for event in some]
    if kept:
        await usage_log.write(lambda connection: add(connection, kept, Dictionary()))


async def empty(usage_log: Database) -> None:
    def work(connection: Connection) -> None:
        for table in (events, hot, sheets, totals):
            connection.execute(delete(table))

    await usage_log.write(work)


def is_use(event: Event) -> bool:
    return event.type.startswith("generation")


def local(event: Event, place: ZoneInfo) -> datetime:
    return event.at.astimezone(place)


def expected_hours(some: Sequence[Event], place: ZoneInfo) -> list[int]:
    hours = [0] * 168
    for event in some:
        shown = local(event, place)
        hours[shown.weekday() * 24 + shown.hour] += 1
    return hours


async def tally(usage_log: Database, reader: SheetReader, model: str, wanted: Range) -> Tally:
    def work(connection: Connection) -> Tally:
        words = store.model_words(connection, [model]).values()
        return reader.tally(connection, Scope.MODEL, words, wanted)

    return await usage_log.read(work)


async def words(usage_log: Database, model: str) -> list[int]:
    return list(await usage_log.read(lambda connection: store.model_words(connection, [model]).values()))


async def check(usage_log: Database, reader: SheetReader, some: Sequence[Event], wanted: Range) -> None:
    """Of one model and of the whole depot."""
    for model in (None, "org/a"):
        mine = [event for event in some if model in {None, event.model} and wanted.since <= event.at < wanted.until]
        if model is None:
            found = await usage_log.read(lambda connection: reader.tally(connection, Scope.DEPOT, [0], wanted))
        else:
            found = await tally(usage_log, reader, model, wanted)
        scope, subjects = (Scope.DEPOT, [0]) if model is None else (Scope.MODEL, await words(usage_log, model))
        parts = await usage_log.read(lambda connection: reader.counts(connection, scope, subjects, wanted))  # noqa: B023
        assert to_bag(summed(parts.values())) == to_bag(found.counts)
        uses = [event for event in mine if is_use(event)]
        assert found.counts.of(code(0, Sum.EVENTS)) == len(mine)
        assert found.counts.of(code(0, Sum.USES)) == len(uses)
        assert found.hours == expected_hours(uses, wanted.place)
        points = points_of(found, wanted)
        for point in points:
            inside = [e for e in uses if point.first * 900 <= e.at.timestamp() < point.end * 900]
            assert point.of(Sum.USES) == len(inside)
        assert sum(point.of(Sum.USES) for point in points) == len(uses)
        by_day = Counter((local(event, wanted.place).date() - datetime(1970, 1, 1).date()).days for event in uses)  # noqa: DTZ001
        assert {day: number for day, number in found.daily.items() if number} == by_day


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(USES, max_size=25),
    st.integers(0, 25),
    st.integers(0, 25),
    st.sampled_from(Step),
    st.sampled_from(PLACES),
    MOMENTS,
    st.integers(1, 40 * 96),
)
async def test_every_range_in_every_zone(
    usage_log: Database, some: list[Event], folded: int, sealed: int, period: Step, name: str, since: datetime,
    quarters: int,
) -> None:  # fmt: skip
    await empty(usage_log)
    clock = HandClock(NOW)
    turns = Turns(usage_log)
    fold, reader = Fold(usage_log, clock, turns), SheetReader(clock, Cache(clock, 900), Cache(clock, 900))
    until = min(since + timedelta(minutes=15 * quarters), NOW)
    wanted = between(NOW, period, ZoneInfo(name), min(since, NOW - timedelta(minutes=16)), until)
    await record(usage_log, some[:sealed])
    await fold.fold_all()
    await Sealing(turns, clock).seal()
    await Blocks(turns, clock).make()
    await check(usage_log, reader, some[:sealed], wanted)
    await record(usage_log, some[sealed : sealed + folded])
    await fold.fold_all()
    await check(usage_log, reader, some[: sealed + folded], wanted)
    await record(usage_log, some[sealed + folded :])
    await check(usage_log, reader, some, wanted)
    await check(usage_log, reader, some, wanted)  # once more, of what was remembered


async def test_many_models_at_once_by_day(usage_log: Database, reader: SheetReader) -> None:
    clock = HandClock(NOW)
    turns = Turns(usage_log)
    some = [Event("generation_completed", NOW - timedelta(hours=7 * n), model=MODELS[n % 2]) for n in range(40)]
    wanted = between(NOW, Step.DAY, ZoneInfo("UTC"), NOW - timedelta(days=20))

    async def days() -> dict[str, dict[int, int]]:
        def work(connection: Connection) -> dict[str, dict[int, int]]:
            words = store.model_words(connection, MODELS)
            found = reader.daily(connection, Scope.MODEL, list(words.values()), wanted)
            return {
                model: dict(sum((Counter(one.daily) for one in found[word]), Counter()))
                for model, word in words.items()
            }

        return await usage_log.read(work)

    expected: dict[str, Counter[int]] = {model: Counter() for model in MODELS}
    for n, event in enumerate(some):
        expected[MODELS[n % 2]][milliseconds(event.at) // 86_400_000] += 1
    await record(usage_log, some[:20])
    await Fold(usage_log, clock, turns).fold_all()
    await Sealing(turns, clock).seal()
    await record(usage_log, some[20:])
    assert await days() == expected
    await Fold(usage_log, clock, turns).fold_all()
    assert await days() == await days() == expected


async def test_past_days_are_remembered_until_one_of_them_changes(usage_log: Database) -> None:
    clock = HandClock(NOW)
    cache: Cache[Tally] = Cache(clock, 900)
    reader, fold = SheetReader(clock, cache, Cache(clock, 900)), Fold(usage_log, clock)
    wanted = between(NOW, Step.DAY, ZoneInfo("UTC"))

    async def uses() -> int:
        return (await tally(usage_log, reader, "org/a", wanted)).counts.of(code(0, Sum.USES))

    async def use(at: datetime) -> None:
        await record(usage_log, [Event("generation_completed", at, model="org/a")])
        await fold.fold_all()

    await use(NOW - timedelta(days=3))
    assert [await uses(), await uses()] == [1, 1]
    assert (cache.hits, cache.misses) == (1, 1)
    await use(NOW)  # today is read each time
    assert await uses() == 2
    assert (cache.hits, cache.misses) == (2, 1)
    await use(NOW - timedelta(days=2))
    assert await uses() == 3
    assert (cache.hits, cache.misses) == (2, 2)
