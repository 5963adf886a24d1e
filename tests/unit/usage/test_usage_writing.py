"""Events on their way into the log: once each, wherever those of the same key are by now."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, insert, select, union_all
from sqlalchemy.exc import IntegrityError

from steelyard.db.database import Database
from steelyard.usage.events import Event
from steelyard.usage.keys import EventKeys, at_ms_of, first_key
from steelyard.usage.tables import events, hot, words
from steelyard.usage.words import Dictionary
from steelyard.usage.writing import Kept, NewWord, add, add_missing, rows_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
AT = int(NOON.timestamp() * 1000)


def batch(*numbers: int) -> list[Kept]:
    """Events whose keys and types tell them apart."""
    return [Kept(first_key(AT) + number, Event(type=f"type{number % 3}", at=NOON)) for number in numbers]


def fold(connection: Connection) -> None:
    """As the fold moves them."""
    connection.execute(insert(events).from_select(list(events.c), select(hot)))
    connection.execute(hot.delete())


def numbers(connection: Connection) -> list[int]:
    """All that are there."""
    keys = connection.execute(union_all(select(hot.c.id), select(events.c.id))).scalars()
    return sorted(key - first_key(AT) for key in keys)


async def test_what_is_there_already_is_left_out(usage_log: Database) -> None:
    dictionary = Dictionary()
    await usage_log.write(lambda connection: add(connection, batch(1, 2), dictionary))
    await usage_log.write(fold)
    await usage_log.write(lambda connection: add(connection, batch(3), dictionary))
    await usage_log.write(lambda connection: add_missing(connection, batch(1, 2, 3, 4), dictionary, EventKeys()))
    await usage_log.write(lambda connection: add_missing(connection, batch(1, 2, 3, 4), dictionary, EventKeys()))
    assert await usage_log.read(numbers) == [1, 2, 3, 4]


async def test_a_key_of_another_event_gives_way(usage_log: Database) -> None:
    (kept,) = batch(1)
    other = Kept(kept.key, Event(type="type1", at=NOON, duration_ms=5.0))
    dictionary, keys = Dictionary(), EventKeys()
    await usage_log.write(lambda connection: add(connection, [kept], dictionary))
    await usage_log.write(lambda connection: add_missing(connection, [kept, other], dictionary, keys))
    found = await usage_log.read(lambda one: one.execute(select(hot.c.id, hot.c.duration_us)).all())
    assert sorted((at_ms_of(key), duration or 0) for key, duration in found) == [(AT, 0), (AT, 5000)]


async def test_a_key_that_is_taken_is_an_error_at_the_first_try(usage_log: Database) -> None:
    await usage_log.write(lambda connection: add(connection, batch(1), Dictionary()))
    with pytest.raises(IntegrityError):
        await usage_log.write(lambda connection: add(connection, batch(2, 1), Dictionary()))
    assert await usage_log.read(numbers) == [1]


async def test_a_batch_with_a_new_word_says_so(usage_log: Database) -> None:
    dictionary = Dictionary()
    with pytest.raises(NewWord):
        rows_of(batch(1), dictionary)
    dictionary.keep(await usage_log.write(lambda connection: add(connection, batch(1, 2, 3), dictionary)))
    assert [row.id - first_key(AT) for row in rows_of(batch(4, 5), dictionary)] == [4, 5]


async def test_words_of_a_transaction_that_failed_are_learned_again(usage_log: Database) -> None:
    dictionary = Dictionary()

    def broken(connection: Connection) -> None:
        add(connection, batch(1), dictionary)
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        await usage_log.write(broken)
    dictionary.keep(await usage_log.write(lambda connection: add(connection, batch(1, 2), dictionary)))
    found = await usage_log.read(lambda one: sorted(one.execute(select(words.c.text)).scalars()))
    assert found == ["type1", "type2"]
    assert len(dictionary.known) == 2


def test_keys_hold_their_time() -> None:
    keys = EventKeys()
    assert {at_ms_of(keys.key(AT)) for _ in range(5)} == {AT}
