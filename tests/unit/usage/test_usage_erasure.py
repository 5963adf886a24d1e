"""What tells of a person goes out of the log, and the rest of each event stays."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from steelyard.core.ids import KeySequence
from steelyard.db.database import Database
from steelyard.serving.models import ChatAsk
from steelyard.serving.told import words_of
from steelyard.usage import erasure, store
from steelyard.usage.events import Event
from steelyard.usage.tables import events
from steelyard.usage.words import Dictionary

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def event(principal: int, parameters: dict[str, Any] | None, address: str | None = "::1") -> Event:
    return Event("generation_completed", NOON, "a", principal, address, parameters=parameters)


async def test_words_of_a_prompt_go_with_their_person_and_parameters_stay(usage_log: Database) -> None:
    batch = [
        event(1, {"temperature": 0.5, "prompt": "secret"}),
        event(1, {"prompt": "secret"}, address=None),
        event(1, None),
        event(2, {"prompt": "of another"}),
    ]
    keys, one = KeySequence(), frozenset({1})
    await usage_log.write(lambda connection: store.add(connection, batch, Dictionary(), keys))
    assert await usage_log.write(lambda connection: erasure.forget_some(connection, one)) == 3
    assert await usage_log.write(lambda connection: erasure.forget_some(connection, one)) == 0

    def read(connection: Connection) -> list[tuple[Any, Any]]:
        rows = connection.execute(select(events.c.parameters, events.c.address).order_by(events.c.id)).all()
        return [(row.parameters, row.address is None) for row in rows]

    assert await usage_log.read(read) == [
        ({"temperature": 0.5}, True), (None, True), (None, True), ({"prompt": "of another"}, False),
    ]  # fmt: skip


async def test_words_that_no_database_can_read_are_kept_so_that_they_can_be_forgotten(usage_log: Database) -> None:
    prompts = [words_of(ChatAsk("a", prompt=text)) for text in ("a\0b", "half \ud83d", "\udc00")]
    batch, keys, one = [event(1, {"prompt": prompt}) for prompt in prompts], KeySequence(), frozenset({1})
    await usage_log.write(lambda connection: store.add(connection, batch, Dictionary(), keys))
    assert await usage_log.write(lambda connection: erasure.forget_some(connection, one)) == 3
    assert await usage_log.write(lambda connection: erasure.forget_some(connection, one)) == 0
