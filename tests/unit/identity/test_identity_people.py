"""Who is asking, in open mode."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select
from starlette.types import Scope

from steelyard.db.database import Database
from steelyard.identity import store
from steelyard.identity.names import InvalidName
from steelyard.identity.people import People
from steelyard.identity.principal import PrincipalKind
from steelyard.identity.tables import principals
from steelyard.testing.clock import HandClock


def scope(address: str | None = "192.0.2.7", **headers: str) -> Scope:
    """A request from an address with headers; underscores stand for hyphens."""
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http", "headers": raw, "client": (address, 5) if address else None}


@pytest.fixture
def people(database: Database, clock: HandClock) -> People:
    """Nobody has asked yet."""
    return People(database, clock)


async def test_without_a_name_the_address_is_who_asks(people: People) -> None:
    caller = await people.caller(scope(user_agent="curl/8"))
    assert (caller.name, caller.address, caller.user_agent) == ("192.0.2.7", "192.0.2.7", "curl/8")
    assert (caller.principal.kind, caller.identified_by) == (PrincipalKind.ADDRESS, "address")


async def test_a_declared_name_is_who_asks(people: People) -> None:
    caller = await people.caller(scope(x_steelyard_user="Zo%C3%AB"))
    assert (caller.name, caller.identified_by, caller.address) == ("Zoë", "declared", "192.0.2.7")


async def test_a_name_in_the_body_wins_over_the_header(people: People) -> None:
    caller = await people.caller(scope(x_steelyard_user="alice"), declared=" bob ")
    assert caller.name == "bob"


async def test_a_bad_name_is_refused_wherever_it_stands(people: People) -> None:
    with pytest.raises(InvalidName):
        await people.caller(scope(x_steelyard_user="%FF"))
    with pytest.raises(InvalidName):
        await people.caller(scope(x_steelyard_user="alice"), declared="")


async def test_a_name_and_an_address_that_look_alike_are_two(people: People) -> None:
    address = await people.caller(scope())
    declared = await people.caller(scope(x_steelyard_user="192.0.2.7"))
    assert address.name == declared.name
    assert address.principal.id != declared.principal.id


async def test_the_same_person_keeps_one_row(people: People, database: Database, clock: HandClock) -> None:
    first = await people.caller(scope(x_steelyard_user="alice"))
    clock.forward(days=1)
    again = await people.caller(scope("198.51.100.1", x_steelyard_user="alice"))
    fresh = await People(database, clock).caller(scope(x_steelyard_user="alice"))
    assert first.principal == again.principal == fresh.principal
    assert await database.read(store.count) == 1

    def first_seen(connection: Connection) -> object:
        return connection.execute(select(principals.c.first_seen_at)).scalar_one()

    assert await database.read(first_seen) == clock.now() - timedelta(days=1)


async def test_who_was_seen_once_is_known_without_the_database(people: People, database: Database) -> None:
    known = await people.caller(scope(x_steelyard_user="alice"))

    def forget(connection: Connection) -> None:
        connection.execute(principals.delete())

    await database.write(forget)
    assert (await people.caller(scope(x_steelyard_user="alice"))).principal == known.principal
    assert await database.read(store.count) == 0


async def test_a_missing_address_and_a_long_program_name(people: People) -> None:
    caller = await people.caller(scope(None, user_agent="x" * 500))
    assert caller.address == "unknown"
    assert len(caller.user_agent) == 200


async def test_names_of_some(people: People, database: Database) -> None:
    alice = (await people.caller(scope(x_steelyard_user="alice"))).principal
    await people.caller(scope(x_steelyard_user="bob"))

    def names(connection: Connection) -> dict[int, str]:
        return store.names(connection, {alice.id, 999})

    assert await database.read(names) == {alice.id: "alice"}
