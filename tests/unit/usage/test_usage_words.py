"""Words of the log: none is longer than an index takes."""

from datetime import UTC, datetime, timedelta

import pytest

from steelyard.db.database import Database
from steelyard.testing.clock import HandClock
from steelyard.usage.events import Event
from steelyard.usage.keys import EventKeys
from steelyard.usage.words import Dictionary, WordKind, cut, find, spell
from steelyard.usage.writing import Kept, add

LONG = "".join(chr(0x4E00 + 7919 * number % 20_000) for number in range(4_000))  # nothing can make it smaller


@pytest.mark.parametrize(("text", "size"), [("org/a", 5), ("a" * 512, 512), ("é" * 600, 1_000), (LONG, 999)])
def test_a_word_has_at_most_a_thousand_bytes(text: str, size: int) -> None:
    assert len(cut(text).encode()) == size
    assert text.startswith(cut(text))


async def test_an_event_with_long_texts_is_written(usage_log: Database) -> None:
    event = Event(type=LONG, at=datetime.now(UTC), model=LONG, address=LONG, agent=LONG, error_code=LONG)
    kept = [Kept(EventKeys().key(1), event)]
    known = await usage_log.write(lambda one: add(one, kept, Dictionary()))
    assert {text for _, text in known} == {cut(LONG)}


async def test_many_words_are_found_at_once(usage_log: Database) -> None:
    """More than a statement of SQLite takes parameters."""
    wanted = [(3, f"fd00::{number:x}") for number in range(40_000)]
    known = await usage_log.write(lambda one: dict(Dictionary().learn(one, wanted)))
    assert len(known) == len(wanted)
    assert len(await usage_log.read(lambda one: spell(one, known.values()))) == len(wanted)
    assert await usage_log.read(lambda one: find(one, WordKind.ADDRESS, ["fd00::1", "fd00::none"])) == {
        "fd00::1": known[3, "fd00::1"]
    }


class SleepyClock(HandClock):
    """The wall's moves on while the machine sleeps."""

    slept = timedelta()

    def now(self) -> datetime:
        """The moment on the wall."""
        return super().now() + self.slept


@pytest.mark.parametrize("days", [1, -1])
async def test_words_are_forgotten_by_the_clock_on_the_wall_too(usage_log: Database, days: int) -> None:
    """The other clock stands still while a machine sleeps, and this one may be set."""
    clock = SleepyClock()
    dictionary = Dictionary(clock)
    dictionary.keep(await usage_log.write(lambda one: dictionary.learn(one, [(3, "fd00::1")])))
    clock.forward(hours=5)
    assert dictionary.known
    clock.slept = timedelta(days=days)
    assert not dictionary.known
