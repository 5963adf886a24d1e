"""Aliases: what may be one, who answers to it, and that two never do."""

import pytest
from sqlalchemy import Connection

from steelyard.catalog import aliases, store, trash_store
from steelyard.catalog.errors import AliasTaken
from steelyard.catalog.models import EntryName
from steelyard.catalog.service import find, find_any
from steelyard.core.errors import Invalid
from steelyard.core.ref import Kind, parse
from steelyard.db.database import Database
from steelyard.testing.clock import HandClock

ONE = EntryName("huggingface", Kind.MODEL, "org/one")
PLAIN = EntryName("huggingface", Kind.MODEL, "GPT2")


@pytest.mark.parametrize("text", ["chat", "llama3.1", "a", "_x", "9b-Instruct"])
def test_one_part_of_a_name_may_be_an_alias(text: str) -> None:
    assert aliases.parse_alias(text) == text.lower()


@pytest.mark.parametrize(
    "text",
    ["", "a/b", "datasets/a", "a@main", "a:q4", "a:latest", "..", "a--b", "a.git", "m~abc", "a b", "ü", "-a", "\ud800",
     "exists", "Files", "restore", "download", "latest", "me", "model", "Datasets", "x" * 97],
)  # fmt: skip
def test_what_may_not(text: str) -> None:
    with pytest.raises(Invalid):
        aliases.parse_alias(text)


async def test_an_alias_goes_before_a_repository_whatever_its_case(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> list[str | None]:
        one = store.ensure(connection, ONE, None, clock.now())
        aliases.replace(connection, one.id, ["chat"], clock.now())
        store.ensure(connection, EntryName("huggingface", Kind.MODEL, "chat"), None, clock.now())
        names = ("chat", "CHAT", "models/chat", "datasets/chat", "org/chat", "chat@main", one.public_id)
        return [found.name.repo if (found := find(connection, parse(name))) else None for name in names]

    assert await database.write(work) == ["org/one", "org/one", "org/one", None, None, "org/one", "org/one"]


async def test_exactly_these(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> list[tuple[str, ...]]:
        one, _other = (store.ensure(connection, name, None, clock.now()) for name in (ONE, PLAIN))
        seen = []
        for wanted in (["b", "a", "b"], ["a", "c"], []):
            aliases.replace(connection, one.id, wanted, clock.now())
            seen.append(aliases.of_entry(connection, one.id))
        return seen

    assert await database.write(work) == [("a", "b"), ("a", "c"), ()]


@pytest.mark.parametrize("alias", ["chat", "gpt2"])
async def test_a_name_of_another_is_taken(database: Database, clock: HandClock, alias: str) -> None:
    def work(connection: Connection) -> None:
        one, two = (store.ensure(connection, name, None, clock.now()) for name in (ONE, PLAIN))
        aliases.replace(connection, two.id, ["chat"], clock.now())
        aliases.replace(connection, one.id, [alias], clock.now())

    with pytest.raises(AliasTaken, match="GPT2"):
        await database.write(work)


async def test_its_own_name_may_be_an_alias(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> tuple[str, ...]:
        plain = store.ensure(connection, PLAIN, None, clock.now())
        aliases.replace(connection, plain.id, ["gpt2"], clock.now())
        return aliases.of_entry(connection, plain.id)

    assert await database.write(work) == ("gpt2",)


async def test_in_the_trash_it_stays_taken_and_a_purge_frees_it(database: Database, clock: HandClock) -> None:
    def throw(connection: Connection) -> tuple[int, int]:
        one, two = (store.ensure(connection, name, None, clock.now()) for name in (ONE, PLAIN))
        aliases.replace(connection, one.id, ["chat"], clock.now())
        trash_store.throw(connection, one.id, "alice", clock.now(), clock.now())
        assert find(connection, parse("chat")) is None
        assert find_any(connection, parse("chat")) is not None
        return one.id, two.id

    one, two = await database.write(throw)
    with pytest.raises(AliasTaken, match="trash"):
        await database.write(lambda connection: aliases.replace(connection, two, ["chat"], clock.now()))

    def purge(connection: Connection) -> None:
        trash_store.begin_purge(connection, one, clock.now(), clock.now())
        trash_store.end_purge(connection, one, clock.now())
        aliases.replace(connection, two, ["chat"], clock.now())

    await database.write(purge)
