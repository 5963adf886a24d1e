"""Who is asking, in open mode."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, update
from starlette.types import Scope

from steelyard.db.database import Database
from steelyard.identity import store
from steelyard.identity.accounts import account_store
from steelyard.identity.names import InvalidName
from steelyard.identity.people import People
from steelyard.identity.principal import PrincipalKind
from steelyard.identity.roles import Role
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


class Register:
    """Who is called alice: an account, and a guest, a self-declared one and a linked one."""

    def __init__(self, database: Database, clock: HandClock) -> None:
        self._database, self._clock = database, clock
        self.ids: dict[str, int] = {}
        self._account = 0

    async def open(self) -> None:
        """Everybody is seen once."""
        now = self._clock.now()

        def meet(connection: Connection) -> None:
            self._account = account_store.add(connection, "Alice", Role.MEMBER, None, "root", now).id
            seen = {
                "account": (PrincipalKind.ACCOUNT, str(self._account)), "tailnet": (PrincipalKind.TAILNET, "alice"),
                "declared": (PrincipalKind.DECLARED, "alice"), "linked": (PrincipalKind.PROXY, "alice@example.org"),
            }  # fmt: skip
            self.ids = {
                key: store.find_or_add(connection, kind, subject, "alice", now).id
                for key, (kind, subject) in seen.items()
            }
            its = principals.c.id == self.ids["linked"]
            connection.execute(update(principals).where(its).values(account_id=self._account))

        await self._database.write(meet)

    async def names(self) -> dict[str, str]:
        """What people see."""
        found = await self._database.read(lambda connection: store.names(connection, set(self.ids.values())))
        return {key: found[number] for key, number in self.ids.items()}

    async def named(self, name: str) -> set[str]:
        """Who is meant by a name."""
        found = await self._database.read(lambda connection: store.named(connection, name))
        return {key for key, number in self.ids.items() if number in found}

    async def delete(self) -> None:
        """The account goes."""

        def delete(connection: Connection) -> None:
            connection.execute(update(principals).values(account_id=None))
            account_store.remove(connection, self._account)

        await self._database.write(delete)


@pytest.fixture
async def register(database: Database, clock: HandClock) -> Register:
    """Four of one name."""
    register = Register(database, clock)
    await register.open()
    return register


async def test_records_tell_an_account_from_whoever_is_called_so(register: Register) -> None:
    assert await register.names() == {
        "account": "Alice", "linked": "Alice", "tailnet": "alice (tailnet)", "declared": "alice (declared)",
    }  # fmt: skip
    assert await register.named("alice") == await register.named("ALICE") == {"account", "linked"}
    assert await register.named("alice (tailnet)") == {"tailnet"}
    assert await register.named("alice (declared)") == {"declared"}
    assert await register.named("alice (proxy)") == set()


async def test_without_such_an_account_a_name_is_all_of_that_name(register: Register) -> None:
    await register.delete()
    assert set((await register.names()).values()) == {"alice"}
    assert await register.named("alice") == set(register.ids)
    assert await register.named("alice (tailnet)") == {"tailnet"}
