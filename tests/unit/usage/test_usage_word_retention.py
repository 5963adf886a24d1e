"""Words that nothing uses go, and none that anything does."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from steelyard.db.database import Database
from steelyard.testing.clock import HandClock
from steelyard.usage import unused
from steelyard.usage.erasure import Erasure
from steelyard.usage.events import Event, milliseconds
from steelyard.usage.fold import Fold
from steelyard.usage.keys import EventKeys
from steelyard.usage.lines import EventFilter, list_page
from steelyard.usage.retention import Retention
from steelyard.usage.sealing import Sealing
from steelyard.usage.tables import events, words
from steelyard.usage.turns import Turns
from steelyard.usage.word_retention import WordRetention, begin_round
from steelyard.usage.words import Dictionary
from steelyard.usage.writing import Kept, add


class Log:
    """A log with a clock."""

    def __init__(self, usage_log: Database, clock: HandClock) -> None:
        self.database = usage_log
        self.clock = clock
        self.turns = Turns(usage_log)
        self.words = WordRetention(usage_log, clock, 400, look=2, at_once=2)
        self._keys = EventKeys()

    async def use(self, *addresses: str, dictionary: Dictionary | None = None, fold: bool = True) -> None:
        """Each address is used once, by a person and a program of its own number."""
        used = [
            Event(
                "generation_completed", self.clock.now(), "org/a", number, address, agent=f"by {address}",
                parameters={"steps": number},
            )
            for number, address in enumerate(addresses, 1)
        ]  # fmt: skip
        kept = [Kept(self._keys.key(milliseconds(event.at)), event) for event in used]
        remembered = dictionary or Dictionary(self.clock)
        remembered.keep(await self.database.write(lambda one: add(one, kept, remembered)))
        if fold:
            await Fold(self.database, self.clock, self.turns).fold_all()

    async def pass_days(self, days: int) -> None:
        """So many days pass, with a sweep on each."""
        for _ in range(days):
            self.clock.forward(days=1)
            await self.words.sweep()

    async def texts(self) -> set[str]:
        """Every word that is there."""
        return set(await self.database.read(lambda one: one.execute(select(words.c.text)).scalars().all()))

    async def shown(self) -> Sequence[Event]:
        """The events of the log."""
        _, lines = await self.database.read(lambda one: list_page(one, EventFilter(), 100, 0))
        return [line.event for line in lines]


@pytest.fixture
def log(usage_log: Database, clock: HandClock) -> Log:
    """An empty log."""
    return Log(usage_log, clock)


async def test_what_is_past_all_retention_goes_and_what_is_used_stays(log: Log) -> None:
    await log.use("10.0.0.1", "10.0.0.2", "10.0.0.3")
    log.clock.forward(days=500)
    await log.use("10.0.0.2", "10.0.0.9")
    await Sealing(log.turns, log.clock).seal()
    await Retention(log.database, log.turns, log.clock, 90, 400).purge()
    await log.pass_days(4)
    left = await log.texts()
    assert {"10.0.0.2", "10.0.0.9", "by 10.0.0.2", "org/a", '{"steps":1}'} <= left
    assert not {"10.0.0.1", "by 10.0.0.1", "10.0.0.3", '{"steps":3}'} & left
    assert log.words.removed == 5
    assert {event.address for event in await log.shown()} == {"10.0.0.2", "10.0.0.9"}


async def test_an_address_of_somebody_forgotten_goes(log: Log) -> None:
    await log.use("10.0.0.1", "10.0.0.2")
    await log.use("10.0.0.9", "10.0.0.2")
    await Erasure(log.database, log.turns).forget(frozenset({1}))
    await log.pass_days(2)
    assert "10.0.0.1" in await log.texts()
    await log.pass_days(2)
    assert not {"10.0.0.1", "10.0.0.9", "by 10.0.0.1"} & await log.texts()
    assert {event.address for event in await log.shown()} == {None, "10.0.0.2"}


async def test_what_only_waits_or_is_only_counted_is_used(log: Log) -> None:
    await log.use("10.0.0.1")
    await log.database.write(lambda one: one.execute(delete(events)))
    await log.use("10.0.0.2", fold=False)
    await log.use("10.0.0.3", fold=False)
    await log.pass_days(5)
    assert {"10.0.0.1", "by 10.0.0.1", "10.0.0.2", "by 10.0.0.2"} <= await log.texts()


async def test_who_learns_a_word_saves_it(log: Log) -> None:
    """Another process remembers it, and writes it only after somebody looked for the last time."""
    await log.use("10.0.0.1", "10.0.0.2")
    await Erasure(log.database, log.turns).forget(frozenset({1, 2}))
    await log.pass_days(3)
    remembered = Dictionary(log.clock)
    await log.database.write(lambda one: remembered.learn(one, [(3, "10.0.0.1")]))
    await log.words.sweep()
    await log.pass_days(1)
    assert "10.0.0.1" in await log.texts()


async def test_what_was_remembered_when_the_word_went_is_learned_anew(log: Log) -> None:
    dictionary = Dictionary(log.clock)
    await log.use("10.0.0.1", "10.0.0.2", dictionary=dictionary)
    await Erasure(log.database, log.turns).forget(frozenset({1, 2}))
    await log.pass_days(5)
    assert "10.0.0.1" not in await log.texts()
    await log.use("10.0.0.1", dictionary=dictionary)
    assert {event.address for event in await log.shown()} == {None, "10.0.0.1"}


async def test_a_number_is_never_given_twice(log: Log) -> None:
    await log.use("10.0.0.1")
    numbers = await log.database.read(lambda one: set(one.execute(select(words.c.id)).scalars()))
    await Erasure(log.database, log.turns).forget(frozenset({1}))
    await log.pass_days(5)
    await log.use("10.0.0.5", "10.0.0.6")
    newest = select(words.c.id).where(words.c.text == "10.0.0.6")
    new = await log.database.read(lambda one: one.execute(newest).scalar_one())
    assert new > max(numbers)


async def test_a_page_shows_an_event_whose_word_is_gone(log: Log) -> None:
    await log.use("10.0.0.1")
    await log.database.write(lambda one: one.execute(delete(words).where(words.c.kind.in_([3, 6]))))
    assert [(event.address, event.parameters) for event in await log.shown()] == [(None, None)]


async def test_marks_tell_since_when(usage_log: Database) -> None:
    await usage_log.write(lambda one: unused.mark(one, [5, 700], 1_000))
    await usage_log.write(lambda one: unused.mark(one, [700, 9], 2_000))
    assert await usage_log.read(unused.marked) == {5, 9, 700}
    assert await usage_log.read(lambda one: unused.marked(one, 1_000)) == {5, 700}
    await usage_log.write(lambda one: unused.unmark(one, [700]))
    assert await usage_log.write(lambda one: unused.remove(one, [5, 9, 700], 1_500)) == 1


async def test_a_dictionary_remembers_for_some_hours(usage_log: Database, clock: HandClock) -> None:
    dictionary = Dictionary(clock)
    dictionary.keep(await usage_log.write(lambda one: dictionary.learn(one, [(2, "org/a")])))
    clock.forward(hours=5)
    assert dictionary.known
    clock.forward(hours=2)
    assert not dictionary.known


async def test_one_round_a_day_for_all_processes(log: Log) -> None:
    now_ms = milliseconds(log.clock.now())
    first = [await log.database.write(lambda one: begin_round(one, now_ms)) for _ in range(2)]
    later = now_ms + int(timedelta(hours=21).total_seconds() * 1000)
    assert (first, await log.database.write(lambda one: begin_round(one, later))) == ([True, False], True)
