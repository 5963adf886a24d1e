"""One alias at a time, with what goes with it, or neither."""

import pytest
from sqlalchemy import Connection

from steelyard.catalog import aliases, store
from steelyard.catalog.errors import AliasTaken, NotYours, TooManyNames
from steelyard.catalog.models import EntryName
from steelyard.catalog.naming import Naming
from steelyard.catalog.service import required
from steelyard.core.ref import Kind, Reference
from steelyard.core.signals import Signals
from steelyard.db.database import Database
from steelyard.identity.people import People
from steelyard.identity.principal import Access, Caller
from steelyard.identity.roles import Role
from steelyard.testing.clock import HandClock

ONE, OTHER, PLAIN = Reference("org/one"), Reference("org/other"), Reference("gpt2")


def nothing(_connection: Connection) -> None:
    """Nothing goes with it."""


def broken(_connection: Connection) -> None:
    raise ArithmeticError


async def caller(database: Database, clock: HandClock, account: str) -> Caller:
    known = await People(database, clock).caller({"type": "http", "headers": [], "client": ("127.0.0.1", 1)})
    return Caller(known.principal, "127.0.0.1", "test", Access(Role.MEMBER, account))


@pytest.fixture
async def alice(database: Database, clock: HandClock) -> Caller:
    return await caller(database, clock, "alice")


@pytest.fixture
async def bob(database: Database, clock: HandClock) -> Caller:
    return await caller(database, clock, "bob")


@pytest.fixture
async def naming(database: Database, clock: HandClock) -> Naming:
    """Three models of alice's, one of them called ``chat``."""

    def work(connection: Connection) -> None:
        named = (EntryName("huggingface", Kind.MODEL, model.name) for model in (ONE, OTHER, PLAIN))
        first, *_ = [store.ensure(connection, name, "alice", clock.now()) for name in named]
        aliases.add(connection, first.id, "chat", clock.now())

    await database.write(work)
    return Naming(database, clock, Signals())


async def names(database: Database) -> list[tuple[str, ...]]:
    def read(connection: Connection) -> list[tuple[str, ...]]:
        return [aliases.of_entry(connection, required(connection, model).id) for model in (ONE, OTHER)]

    return await database.read(read)


async def test_a_name_and_what_goes_with_it_are_there_or_neither(
    database: Database, naming: Naming, alice: Caller
) -> None:
    for alias in ("chat", "new"):
        with pytest.raises(ArithmeticError):
            await naming.give(OTHER, alias, alice, broken)
    assert await names(database) == [("chat",), ()]
    await naming.give(OTHER, "chat", alice, nothing)
    assert await names(database) == [(), ("chat",)]


async def test_only_owners_give_and_take_also_what_is_theirs_already(
    database: Database, naming: Naming, alice: Caller, bob: Caller
) -> None:
    with pytest.raises(NotYours):
        await naming.give(ONE, "chat", bob, broken)
    with pytest.raises(NotYours):
        await naming.take(Reference("chat"), bob)
    await naming.give(ONE, "chat", alice, nothing)
    assert await naming.take(ONE, alice) is None
    assert await names(database) == [("chat",), ()]
    assert await naming.take(Reference("CHAT"), alice) is not None
    assert await names(database) == [(), ()]


async def test_a_model_has_so_many_names_and_none_of_others(naming: Naming, alice: Caller) -> None:
    for number in range(aliases.MAX_ALIASES - 1):
        await naming.give(ONE, f"n{number}", alice, nothing)
    with pytest.raises(TooManyNames):
        await naming.give(ONE, "more", alice, nothing)
    with pytest.raises(AliasTaken):
        await naming.give(OTHER, "gpt2", alice, nothing)
