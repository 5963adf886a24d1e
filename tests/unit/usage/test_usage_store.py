"""Events in the log, and what is counted from them."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from steelyard.core.clock import system_clock
from steelyard.db.database import Database
from steelyard.usage import store
from steelyard.usage.events import Event, EventType, milliseconds
from steelyard.usage.fold import Fold
from steelyard.usage.keys import EventKeys
from steelyard.usage.rows import Row, event_of, numbers_in
from steelyard.usage.tables import hot, totals
from steelyard.usage.words import Dictionary, WordKind, find, spell
from steelyard.usage.writing import Kept, add

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
KEYS = EventKeys()


async def _add(usage_log: Database, *batch: Event) -> None:
    kept = [Kept(KEYS.key(milliseconds(event.at)), event) for event in batch]
    await usage_log.write(lambda connection: add(connection, kept, Dictionary()))


async def _fold(usage_log: Database) -> None:
    await Fold(usage_log, system_clock).fold_all()


def _access(model: str, minutes: int = 0) -> Event:
    return Event(type=EventType.MODEL_ACCESS, at=NOON + timedelta(minutes=minutes), model=model)


async def test_every_field_is_kept(usage_log: Database) -> None:
    event = Event(
        type="generation_completed", at=NOON, model="acme/anvil", principal=2**40, address="::1", agent="curl/8",
        success=False, error_code="500", request="r", session="s", duration_ms=1.5, queue_ms=2.5, load_ms=3.5,
        first_token_ms=4.5, tokens_in=5, tokens_out=6, bytes_in=7, bytes_out=2**40, vram_mb=8.5, gpu_utilization=9.5,
        parameters={"temperature": 0.5, "names": ["é"]},
    )  # fmt: skip
    await _add(usage_log, event)

    def read(connection: Connection) -> Event:
        row = Row(*connection.execute(select(hot)).one())
        return event_of(row, spell(connection, numbers_in(row)))

    assert await usage_log.read(read) == event


async def test_totals_count_by_type_and_model(usage_log: Database) -> None:
    await _add(usage_log, _access("a", 5), _access("a", 1), _access("b"), Event("model_list", NOON))
    await _add(usage_log, _access("a", 3), Event("model_download", NOON, "a"))
    await _fold(usage_log)
    await _add(usage_log, _access("a", 4), Event("model_download", NOON, "a"))  # waits: is counted as well
    assert await usage_log.read(store.total_requests) == 6  # nobody asked for the download by itself

    def span(connection: Connection) -> tuple[int, int]:
        number = find(connection, WordKind.MODEL, ["a"])["a"]
        kind = find(connection, WordKind.TYPE, ["model_access"])["model_access"]
        chosen = totals.c.model == number, totals.c.type == kind
        row = connection.execute(select(totals.c.first_ms, totals.c.last_ms).where(*chosen)).one()
        return row.first_ms, row.last_ms

    first, last = await usage_log.read(span)
    began = int(NOON.timestamp() * 1000)
    assert (first, last) == (began + 60_000, began + 300_000)


async def test_an_earlier_event_that_comes_late_does_not_turn_the_times_round(usage_log: Database) -> None:
    await _add(usage_log, _access("a", 10))
    await _fold(usage_log)
    await _add(usage_log, _access("a", 2))
    await _fold(usage_log)

    def times(connection: Connection) -> tuple[int, int]:
        row = connection.execute(select(totals.c.first_ms, totals.c.last_ms)).one()
        return row.first_ms, row.last_ms

    first, last = await usage_log.read(times)
    began = int(NOON.timestamp() * 1000)
    assert (first, last) == (began + 120_000, began + 600_000)


async def test_an_empty_log_counts_nothing(usage_log: Database) -> None:
    assert await usage_log.read(store.total_requests) == 0
    assert await usage_log.read(lambda connection: store.recent(connection, 10)) == []


async def test_the_newest_activity_comes_first_and_plain_requests_are_left_out(usage_log: Database) -> None:
    plain = Event("api_request", NOON + timedelta(hours=1), address="::1")
    named = Event("model_download", NOON + timedelta(minutes=2), "b", principal=7, address="192.0.2.7")
    await _add(usage_log, _access("a", 1), named)
    await _fold(usage_log)
    await _add(usage_log, plain, _access("a", 1))
    found = await usage_log.read(lambda connection: store.recent(connection, 2))
    assert [(one.type, one.model) for one in found] == [("model_download", "b"), ("model_access", "a")]
    assert found[0] == store.Activity(NOON + timedelta(minutes=2), "model_download", "b", 7, "192.0.2.7")
    assert len(await usage_log.read(lambda connection: store.recent(connection, 10))) == 3


async def test_what_was_refused_was_not_done(usage_log: Database) -> None:
    refused = Event("model_delete", NOON + timedelta(minutes=5), success=False, error_code="404")
    await _add(usage_log, _access("a", 1), refused)
    found = await usage_log.read(lambda connection: store.recent(connection, 10))
    assert [one.type for one in found] == ["model_access"]


async def test_the_same_text_of_another_kind_is_another_word(usage_log: Database) -> None:
    await _add(usage_log, Event("model_access", NOON, "same", address="same", agent="same"))

    def numbers(connection: Connection) -> set[int]:
        return {find(connection, kind, ["same"])["same"] for kind in (WordKind.MODEL, WordKind.ADDRESS, WordKind.AGENT)}

    assert len(await usage_log.read(numbers)) == 3
    assert await usage_log.read(lambda connection: find(connection, WordKind.ERROR, ["same"])) == {}


async def test_a_dictionary_asks_the_database_only_for_new_words(usage_log: Database) -> None:
    dictionary = Dictionary()
    word = (WordKind.MODEL, "a")
    known = await usage_log.write(lambda connection: dictionary.learn(connection, [word]))
    dictionary.keep(known)
    await usage_log.write(lambda connection: connection.exec_driver_sql("DELETE FROM usage_words"))
    assert (await usage_log.write(lambda connection: dictionary.learn(connection, [word])))[word] == known[word]


async def test_words_of_a_transaction_that_failed_are_not_remembered(usage_log: Database) -> None:
    dictionary = Dictionary()
    word = (WordKind.MODEL, "a")

    def fails(connection: Connection) -> None:
        dictionary.learn(connection, [word])
        raise LookupError("half way")

    with pytest.raises(LookupError):
        await usage_log.write(fails)
    known = await usage_log.write(lambda connection: dictionary.learn(connection, [word]))
    assert await usage_log.read(lambda connection: spell(connection, [known[word]])) == {known[word]: "a"}


@pytest.mark.parametrize("kind", EventType)
def test_our_own_types_have_the_form_of_custom_ones(kind: EventType) -> None:
    assert re.fullmatch(r"[a-z0-9_.]{1,64}", kind)
