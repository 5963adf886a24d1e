"""Words of the log: none is longer than an index takes."""

from datetime import UTC, datetime

import pytest

from steelyard.db.database import Database
from steelyard.usage.events import Event
from steelyard.usage.keys import EventKeys
from steelyard.usage.words import Dictionary, cut
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
