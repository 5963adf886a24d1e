"""An answer is told again as long as nothing that it was made of has changed, and no longer."""

import json
from collections.abc import Hashable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from steelyard.db.database import Database
from steelyard.testing.clock import HandClock
from steelyard.usage.erasure import Erasure
from steelyard.usage.events import Event, milliseconds
from steelyard.usage.fold import Fold
from steelyard.usage.keys import EventKeys
from steelyard.usage.sealing import Sealing
from steelyard.usage.statistics.answers import Answers, joined
from steelyard.usage.statistics.live import MOST
from steelyard.usage.statistics.ranges import Range, Step, between
from steelyard.usage.turns import Turns
from steelyard.usage.words import Dictionary
from steelyard.usage.writing import Kept, add

UTC_ZONE = ZoneInfo("UTC")


class HandVersion:
    """A version of the depot's records that tests change."""

    def __init__(self) -> None:
        self.number: int | None = 1

    def now(self) -> Hashable | None:
        return self.number

    def close(self) -> None:
        pass


class Place:
    """A log, and answers that tell how often they were made."""

    def __init__(self, usage_log: Database, clock: HandClock) -> None:
        self.usage_log, self.clock, self.version, self.made = usage_log, clock, HandVersion(), 0
        self.behind = False
        self.answers = Answers(usage_log, self.version, clock, 900, lambda: self.behind, heaviest=100)
        turns = Turns(usage_log)
        self.fold, self.sealing = Fold(usage_log, clock, turns), Sealing(turns, clock)
        self.erasure = Erasure(usage_log, turns)
        self._keys = EventKeys()

    async def ask(self, key: Hashable = "key", wanted: Range | None = None, text: str = "") -> int:
        """Which one of all that were made this answer is."""

        async def read() -> int:
            self.made += 1
            return self.made

        parts = await self.answers.of(key, read, lambda number: [{"number": number, "text": text}], wanted)
        return int(json.loads(parts[0])["number"])

    async def add(self, ago: timedelta = timedelta(), **more: Any) -> None:
        """An event, so long ago."""
        await self.add_many(1, ago, **more)

    async def add_many(self, many: int, ago: timedelta = timedelta(), **more: Any) -> None:
        at = self.clock.now() - ago
        event = Event(**{"type": "generation_completed", "model": "org/a", "at": at, **more})
        kept = [Kept(self._keys.key(milliseconds(at)), event) for _ in range(many)]
        await self.usage_log.write(lambda connection: add(connection, kept, Dictionary()))

    def range(self, since: timedelta = timedelta(days=10), until: timedelta | None = None) -> Range:
        """From and until so long ago."""
        now = self.clock.now()
        return between(now, Step.DAY, UTC_ZONE, now - since, now if until is None else now - until)


@pytest.fixture
def place(usage_log: Database, clock: HandClock) -> Place:
    clock.forward(minutes=7)  # within a quarter of an hour: what ends now has not ended yet
    return Place(usage_log, clock)


HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def test_who_asks_again_gets_the_same(place: Place) -> None:
    await place.add(3 * HOUR)
    assert [await place.ask(wanted=place.range()) for _ in range(3)] == [1, 1, 1]
    assert (place.answers.cache.hits, place.answers.cache.misses) == (2, 1)


@pytest.mark.parametrize("ago", [timedelta(), 3 * HOUR, 30 * HOUR, 9 * DAY])
async def test_a_new_event_in_the_range_makes_a_new_answer(place: Place, ago: timedelta) -> None:
    await place.ask(wanted=place.range())
    await place.add(ago)
    assert await place.ask(wanted=place.range()) == 2
    await place.fold.fold_all()
    assert await place.ask(wanted=place.range()) == 3  # moved, so counted in another place


@pytest.mark.parametrize("ago", [timedelta(), HOUR, 11 * DAY, -HOUR])
async def test_one_outside_of_it_does_not_not_even_folded(place: Place, ago: timedelta) -> None:
    wanted = place.range(until=2 * HOUR)  # ends today
    await place.ask(wanted=wanted)
    await place.add(ago)
    assert await place.ask(wanted=wanted) == 1
    await place.fold.fold_all()
    assert await place.ask(wanted=wanted) == 1
    await place.sealing.seal(everything=True)
    assert await place.ask(wanted=wanted) == 1


@pytest.mark.parametrize("ago", [3 * HOUR, 13 * HOUR, 4 * DAY])
async def test_a_late_event_in_a_past_part_makes_a_new_answer(place: Place, ago: timedelta) -> None:
    wanted = place.range(until=2 * HOUR)
    await place.add(ago)
    await place.fold.fold_all()
    await place.ask(wanted=wanted)
    await place.add(ago)
    await place.fold.fold_all()  # as many wait as before
    assert await place.ask(wanted=wanted) == 2


async def test_what_came_and_was_folded_between_two_looks_is_seen(place: Place) -> None:
    wanted = place.range(until=2 * HOUR)
    await place.add(3 * HOUR, model="org/a")
    await place.ask(wanted=wanted)
    await place.fold.fold_all()
    await place.add(3 * HOUR, model="org/b")
    assert await place.ask(wanted=wanted) == 2


async def test_a_range_that_reaches_the_present_has_all_of_today(place: Place) -> None:
    wanted = place.range()
    await place.ask(wanted=wanted)
    await place.add(-2 * HOUR)  # of a service whose clock is wrong
    assert await place.ask(wanted=wanted) == 2
    place.clock.forward(minutes=20)
    assert await place.ask(wanted=wanted) == 3  # by now the range ends before


async def test_what_was_forgotten_of_somebody_is_not_told(place: Place) -> None:
    for folded in (False, True):
        await place.add(3 * HOUR, principal=7, address="192.0.2.7")
        if folded:
            await place.fold.fold_all()
        before = await place.ask(wanted=place.range(until=2 * HOUR))
        await place.erasure.forget(frozenset({7}))
        assert await place.ask(wanted=place.range(until=2 * HOUR)) == before + 1


async def test_another_version_of_the_records_makes_a_new_answer(place: Place) -> None:
    for wanted in (place.range(), None):
        before = await place.ask(wanted=wanted)
        place.version.number = before + 1
        assert await place.ask(wanted=wanted) == before + 1


async def test_records_alone_do_not_ask_the_log(place: Place) -> None:
    await place.ask()
    await place.add()
    assert await place.ask() == 1
    place.clock.forward(minutes=15)
    assert await place.ask() == 2  # what is held now is not what was held then


async def test_where_nobody_can_tell_the_version_nothing_is_remembered(place: Place) -> None:
    place.version.number = None
    assert [await place.ask(wanted=place.range()) for _ in range(2)] == [1, 2]
    assert place.answers.cache.hit_rate is None


async def test_each_key_and_range_has_its_own(place: Place) -> None:
    mine, yours = place.range(), place.range(DAY)
    asked = [await place.ask(key, wanted) for key in ("a", "b") for wanted in (mine, yours)]
    assert asked == [1, 2, 3, 4]
    assert await place.ask("b", mine) == 3


async def test_answers_are_forgotten_after_a_while(place: Place) -> None:
    wanted = place.range(until=2 * HOUR)
    await place.ask(wanted=wanted)
    place.clock.forward(seconds=899)
    assert await place.ask(wanted=wanted) == 1
    place.clock.forward(seconds=1)
    assert await place.ask(wanted=wanted) == 2


async def test_answers_take_no_more_than_some_bytes(place: Place) -> None:
    for key in "abc":
        await place.ask(key, text="x" * 20)  # 43 bytes, of 100
    assert len(place.answers.cache) == 2
    assert (await place.ask("c"), await place.ask("a")) == (3, 4)
    await place.ask("long", text="x" * 100)
    assert await place.ask("c") == 3


async def test_while_statistics_are_behind_nothing_is_remembered(place: Place) -> None:
    place.behind = True  # as it was found when they were read last
    assert [await place.ask(wanted=place.range()) for _ in range(2)] == [1, 2]
    place.behind = False
    assert [await place.ask(wanted=place.range()) for _ in range(2)] == [3, 3]


async def test_more_than_is_counted_waits(place: Place) -> None:
    await place.add_many(MOST, 3 * HOUR)
    assert [await place.ask(wanted=place.range()) for _ in range(2)] == [1, 1]
    await place.add()
    assert [await place.ask(wanted=place.range()) for _ in range(2)] == [2, 3]


async def test_records_are_remembered_while_they_are_true(place: Place) -> None:
    async def read() -> int:
        place.made += 1
        return place.made

    assert [await place.answers.records("key", read) for _ in range(2)] == [1, 1]
    place.version.number = 2
    assert await place.answers.records("key", read) == 2
    place.version.number = None
    assert [await place.answers.records("key", read) for _ in range(2)] == [3, 4]


async def test_what_is_refused_is_refused_again(place: Place) -> None:
    async def read() -> int:
        raise LookupError

    for _ in range(2):
        with pytest.raises(LookupError):
            await place.answers.of("key", read, lambda _: [{}])
    assert len(place.answers.cache) == 0


def test_objects_are_joined() -> None:
    assert joined(b'{"a":1}', b"{}", b'{"b":{"c":[]}}') == b'{"a":1,"b":{"c":[]}}'
    assert joined(b"{}") == b"{}"
