"""Who is asking: which proof wins, and what nobody can forge."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

import pytest
from sqlalchemy import Connection, update
from starlette.types import Scope as AsgiScope

from steelyard.db.database import Database
from steelyard.http.guards import LOST_CLIENT, TRUSTED_PEER
from steelyard.identity import store
from steelyard.identity.holder import NotSignedIn
from steelyard.identity.links.protocol import Link
from steelyard.identity.links.proxy import ProxyLink
from steelyard.identity.links.session import SessionLink
from steelyard.identity.links.tailnet import Person, TailnetLink
from steelyard.identity.links.token import TokenLink
from steelyard.identity.people import AccessRule, People
from steelyard.identity.principal import EVERYTHING, NOTHING, Access
from steelyard.identity.remembered import FRESH_SECONDS
from steelyard.identity.roles import Role, Scope
from steelyard.identity.tables import NO_ROW, principals
from steelyard.testing.clock import HandClock
from steelyard.testing.credentials import HandCredentials

T = TypeVar("T")
OF_BOB, OF_NOBODY = "100.64.0.2", "192.0.2.7"
REQUIRED = AccessRule("required", guest=Role.VIEWER)


class _Bob:
    subject = "bob@tailnet"
    name = "bob"


class _Whois:
    """One address is bob's."""

    async def person(self, address: str) -> Person | None:
        """Bob or nobody."""
        return _Bob() if address == OF_BOB else None


def scope(address: str = OF_NOBODY, *, proxied: bool = False, **headers: str) -> AsgiScope:
    """A request; underscores stand for hyphens."""
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http", "headers": raw, "client": (address, 5), "state": {TRUSTED_PEER: proxied}}


class Town:
    """A depot that knows alice (member), root (admin), robot (service), and bob by his address."""

    def __init__(self, database: Database, clock: HandClock) -> None:
        self.database = database
        self.clock = clock
        self.credentials = HandCredentials()
        self.alice = self.credentials.add("alice", Role.MEMBER)
        self.root = self.credentials.add("root", Role.ADMIN)
        self.robot = self.credentials.add("robot", Role.SERVICE)

    def people(self, rule: AccessRule) -> People:
        """With every link."""
        links: Sequence[Link] = (
            TokenLink(self.credentials), SessionLink(self.credentials), TailnetLink(_Whois()), ProxyLink("Remote-User"),
        )  # fmt: skip
        return People(self.database, self.clock, links, rule, self.credentials)

    async def link_bob(self, account: int | None) -> None:
        """An administrator says whose account bob's tailnet identity is."""

        def link(connection: Connection) -> None:
            its = principals.c.subject == _Bob.subject
            connection.execute(update(principals).where(its).values(account_id=account))

        await self.database.write(link)


class SlowDatabase(Database):
    """The first answer is held back until somebody says so."""

    def __init__(self, other: Database) -> None:
        self._other = other
        self.has_read, self.go_on = asyncio.Event(), asyncio.Event()

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Read now, answer later."""
        found = await self._other.read(work)
        self.has_read.set()
        await self.go_on.wait()
        return found


@pytest.fixture
def town(database: Database, clock: HandClock) -> Town:
    """Nobody has asked yet."""
    return Town(database, clock)


async def test_the_surest_proof_wins_everywhere(town: Town) -> None:
    cookie = f"steelyard_session={_signed_in(town, 'root')}"
    shown = {
        "authorization": f"Bearer {town.alice}",
        "cookie": cookie,
        "remote_user": "carl",
        "x_steelyard_user": "dora",
    }
    for rule in (AccessRule(), REQUIRED):
        people, left = town.people(rule), dict(shown)
        expected = [("alice", "account"), ("root", "account"), ("bob", "tailnet"), ("carl", "proxy")]
        if rule.is_open:
            expected += [("dora", "declared"), (OF_NOBODY, "address")]
        address = OF_BOB
        for name, kind in expected:
            caller = await people.caller(scope(address, proxied=True, **left))
            assert (caller.name, caller.identified_by) == (name, kind)
            if name == "bob":
                address = OF_NOBODY
            elif left:
                left.pop(next(iter(left)))


async def test_what_the_open_mode_gives_to_everybody(town: Town) -> None:
    people = town.people(AccessRule())
    for asked in (scope(), scope(x_steelyard_user="x"), scope(authorization=f"Bearer {town.alice}"), scope(OF_BOB)):
        access = (await people.caller(asked)).access
        assert (access.role, access.scopes) == (EVERYTHING.role, EVERYTHING.scopes)
        assert await people.access(asked) == access


async def test_a_name_that_somebody_says_is_nothing_where_access_is_required(town: Town) -> None:
    people = town.people(REQUIRED)
    nobody = await people.caller(scope(x_steelyard_user="alice"), declared="alice")
    assert (nobody.name, nobody.identified_by, nobody.access) == (OF_NOBODY, "address", NOTHING)
    alice = await people.caller(scope(authorization=f"Bearer {town.alice}", x_steelyard_user="root"), declared="root")
    assert (alice.name, alice.access.role) == ("alice", Role.MEMBER)


async def test_only_a_service_speaks_for_others_and_its_rights_stay_its_own(town: Town) -> None:
    people, asked = town.people(REQUIRED), scope(authorization=f"Bearer {town.robot}")
    for_alice = await people.caller(asked, declared="alice")
    own = await people.caller(scope(authorization=f"Bearer {town.alice}"))
    assert (for_alice.name, for_alice.principal.id) == ("alice", own.principal.id)
    assert (for_alice.access.account, for_alice.is_admin) == ("robot", False)
    for_stranger = await people.caller(asked, declared="zoë")
    assert (for_stranger.name, for_stranger.identified_by) == ("zoë", "declared")
    assert (await people.caller(asked)).name == "robot"
    assert (await people.caller(asked, declared="root")).is_admin is False


@pytest.mark.parametrize("value", ["Bearer hf_abc", "Basic sy_x", "Bearer", "", "sy_alice_0"])
async def test_what_is_no_token_of_ours_identifies_nobody(town: Town, value: str) -> None:
    caller = await town.people(REQUIRED).caller(scope(authorization=value))
    assert caller.access == NOTHING


async def test_a_token_that_is_no_longer_good_is_refused_in_every_mode(town: Town) -> None:
    for rule in (AccessRule(), REQUIRED):
        with pytest.raises(NotSignedIn) as caught:
            await town.people(rule).caller(scope(OF_BOB, authorization="Bearer sy_old"))
        assert caught.value.hint


async def test_a_proxy_header_from_elsewhere_is_not_believed(town: Town) -> None:
    people = town.people(REQUIRED)
    assert (await people.caller(scope(remote_user="root"))).access == NOTHING
    for nobody in (" ", "open-webui:4f"):
        assert (await people.caller(scope(remote_user=nobody, proxied=True))).identified_by == "address"
    vouched = await people.caller(scope(remote_user="carl", proxied=True))
    assert (vouched.name, vouched.access) == ("carl", Access(Role.VIEWER))


async def test_a_proxy_header_is_taken_as_it_stands(town: Town) -> None:
    people = town.people(REQUIRED)
    quoted = await people.caller(scope(remote_user="%61lice", proxied=True))
    assert (quoted.name, quoted.principal.subject) == ("%61lice", "%61lice")
    for raw in ("zoë".encode().decode("latin-1"), "zoë"):
        assert (await people.caller(scope(remote_user=raw, proxied=True))).name == "zoë"


async def test_a_proxy_header_that_comes_twice_names_nobody(town: Town) -> None:
    twice = scope(remote_user="carl", proxied=True)
    twice["headers"].append((b"remote-user", b"root"))
    caller = await town.people(REQUIRED).caller(twice)
    assert (caller.identified_by, caller.access) == ("address", NOTHING)


async def test_a_proxy_that_tells_of_no_client_lends_nobody_its_place_in_the_tailnet(town: Town) -> None:
    asked = scope(OF_BOB, proxied=True)
    asked["state"][LOST_CLIENT] = True
    caller = await town.people(REQUIRED).caller(asked)
    assert (caller.identified_by, caller.access) == ("address", NOTHING)
    assert (await town.people(REQUIRED).caller(scope(OF_BOB, proxied=True))).identified_by == "tailnet"


async def test_a_cookie_of_somebody_else_does_not_hide_the_session(town: Town) -> None:
    cookie = f'prefs={{"a": 1}}; steelyard_session={_signed_in(town, "root")}; x="'
    assert (await town.people(REQUIRED).caller(scope(cookie=cookie))).name == "root"


async def test_strangers_leave_no_row(town: Town) -> None:
    people = town.people(REQUIRED)
    for number in range(3):
        stranger = await people.caller(scope(f"192.0.2.{number}", x_steelyard_user=f"s{number}"))
        assert (stranger.name, stranger.principal.id) == (f"192.0.2.{number}", NO_ROW)
    assert await town.database.read(store.count) == 0
    await people.caller(scope(remote_user="carl", proxied=True))  # whom somebody vouches for can be linked
    assert await town.database.read(store.count) == 1


async def test_a_link_taken_back_while_it_is_looked_up_does_not_stay(town: Town) -> None:
    await town.people(REQUIRED).caller(scope(OF_BOB))
    await town.link_bob(town.credentials.accounts["alice"].id)
    database = SlowDatabase(town.database)
    people = People(database, town.clock, (TailnetLink(_Whois()),), REQUIRED, town.credentials)
    asking = asyncio.create_task(people.caller(scope(OF_BOB)))
    await database.has_read.wait()  # it has the old row in its hands
    await town.link_bob(None)
    people.forget_links()
    database.go_on.set()
    assert (await asking).name == "alice"
    assert (await people.caller(scope(OF_BOB))).name == "bob"


async def test_a_link_that_nobody_told_of_is_seen_within_half_a_minute(town: Town) -> None:
    people = town.people(REQUIRED)
    assert (await people.caller(scope(OF_BOB))).name == "bob"
    await town.link_bob(town.credentials.accounts["alice"].id)
    town.clock.forward(seconds=FRESH_SECONDS - 1)
    assert (await people.caller(scope(OF_BOB))).name == "bob"
    town.clock.forward(seconds=1)
    assert (await people.caller(scope(OF_BOB))).name == "alice"


async def test_whom_the_tailnet_vouches_for_is_a_guest_until_linked(town: Town) -> None:
    guest = await town.people(REQUIRED).caller(scope(OF_BOB))
    assert (guest.name, guest.access) == ("bob", Access(Role.VIEWER))
    assert (await town.people(AccessRule("required")).caller(scope(OF_BOB))).access == NOTHING
    alice = town.credentials.accounts["alice"]
    await town.link_bob(alice.id)
    linked = await town.people(REQUIRED).caller(scope(OF_BOB))
    assert (linked.name, linked.identified_by) == ("alice", "tailnet")
    assert linked.access == Access(Role.MEMBER, "alice", alice.id)
    del town.credentials.accounts["alice"]  # disabled: what is linked to it is nobody now, not a guest
    assert (await town.people(REQUIRED).caller(scope(OF_BOB))).access == NOTHING


async def test_links_are_seen_as_soon_as_they_are_forgotten(town: Town) -> None:
    people = town.people(REQUIRED)
    assert (await people.caller(scope(OF_BOB))).name == "bob"
    await town.link_bob(town.credentials.accounts["alice"].id)
    people.forget_links()
    assert (await people.caller(scope(OF_BOB))).name == "alice"


async def test_a_guest_called_like_an_account_is_told_apart(town: Town) -> None:
    town.credentials.add("bob", Role.ADMIN)
    guest = await town.people(REQUIRED).caller(scope(OF_BOB))
    assert (guest.name, guest.is_admin, guest.access.account) == ("bob (tailnet)", False, None)


async def test_a_token_without_the_scope_makes_no_administrator(town: Town) -> None:
    token = town.credentials.add("root", Role.ADMIN, frozenset({Scope.READ}))
    caller = await town.people(REQUIRED).caller(scope(authorization=f"Bearer {token}"))
    assert caller.access.role is Role.ADMIN
    assert not caller.is_admin


async def test_a_request_is_looked_at_once_and_anew_when_asked_anew(town: Town) -> None:
    people, asked = town.people(REQUIRED), scope(authorization=f"Bearer {town.alice}")
    await people.caller(asked)
    del town.credentials.tokens[town.alice]
    assert (await people.caller(asked)).name == "alice"
    with pytest.raises(NotSignedIn):
        await people.access(asked)


def _signed_in(town: Town, name: str) -> str:
    return town.credentials.sign_in(name)
