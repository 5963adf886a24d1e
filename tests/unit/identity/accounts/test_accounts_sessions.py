"""Signing in and out, new passwords, and that guesses learn nothing."""

import pytest
from sqlalchemy import func, select

from steelyard.core.errors import TooManyRequests
from steelyard.db.database import Database
from steelyard.identity.accounts import account_store
from steelyard.identity.accounts.errors import BadPassword, NotYourAccount, UnfitForRole, WrongPassword
from steelyard.identity.accounts.tables import sessions
from steelyard.identity.backoff import LoginGuard
from steelyard.identity.holder import ACCESS_TOPIC
from steelyard.identity.roles import Role
from steelyard.testing.clock import HandClock
from tests.unit.identity.accounts.yard import ADDRESS, PASSWORD, CountingHasher, Yard


async def open_sessions(yard: Yard) -> int:
    count = select(func.count()).select_from(sessions)
    return await yard.database.read(lambda connection: connection.execute(count).scalar_one())


async def test_signing_in_rotates_the_session(yard: Yard) -> None:
    await yard.account("bob")
    first = await yard.session("BOB")
    second = await yard.session("bob", old=first.cookie)
    assert (first.user.name, first.session != second.session, first.cookie != second.cookie) == ("bob", True, True)
    assert await open_sessions(yard) == 1
    assert first.cookie not in repr((await yard.deeds(), await yard.caller()))


async def test_an_old_cookie_of_somebody_else_ends_only_with_its_secret(yard: Yard) -> None:
    await yard.account("bob")
    first = await yard.session("bob")
    await yard.session("bob", old=f"{first.session}.guessed")
    await yard.session("bob", old="nonsense")
    assert await open_sessions(yard) == 3


async def test_a_guess_learns_nothing_and_costs_the_same(yard: Yard) -> None:
    await yard.account("bob")
    await yard.account("cleo", password=False)
    await yard.account("ci", Role.SERVICE)
    said, cost = set(), []
    for name in ("bob", "nobody", "cleo", "ci"):
        before = yard.hasher.verified
        with pytest.raises(WrongPassword) as wrong:
            await yard.sign_in.start(await yard.caller(), name, "not the password", ADDRESS, None)
        said.add((wrong.value.detail, wrong.value.hint))
        cost.append(yard.hasher.verified - before)
    assert len(said) == 1
    assert cost == [1, 1, 1, 1]
    assert (len(yard.tries.tried), yard.tries.right) == (4, [])


async def test_whoever_guesses_has_to_wait_before_the_password_is_looked_at(
    database: Database, clock: HandClock
) -> None:
    yard = Yard(database, clock, LoginGuard(clock))
    await yard.account("bob")
    for _ in range(5):
        with pytest.raises(WrongPassword):
            await yard.sign_in.start(await yard.caller(), "bob", "not the password", ADDRESS, None)
    before = yard.hasher.verified
    with pytest.raises(TooManyRequests):
        await yard.session("Bob")
    assert yard.hasher.verified == before
    assert (await yard.deeds()).count("session.refused bob") == 5  # guesses cannot fill the log
    yard.clock.forward(seconds=60)
    assert (await yard.session("bob")).user.name == "bob"
    yard.close()


async def test_a_disabled_account_is_told_so_only_with_its_password(yard: Yard) -> None:
    await yard.account("bob")
    await yard.users.change(await yard.caller(), "bob", None, True)
    with pytest.raises(WrongPassword, match="disabled"):
        await yard.session("bob")
    with pytest.raises(WrongPassword, match="Nobody has"):
        await yard.sign_in.start(await yard.caller(), "bob", "not the password", ADDRESS, None)


async def test_a_hash_of_old_parameters_is_replaced_at_the_next_sign_in(yard: Yard) -> None:
    await yard.account("bob")
    yard.hasher.version = 2
    await yard.session("bob")
    user = await yard.database.read(lambda connection: account_store.require(connection, "bob"))
    assert user.password_hash == CountingHasher(2).hash(PASSWORD)
    await yard.session("bob")


@pytest.mark.parametrize("change", ["role", "disabled", "password", "delete", "everywhere"])
async def test_every_session_ends_with(yard: Yard, change: str) -> None:
    await yard.account("ann", Role.ADMIN)
    bob, admin = await yard.account("bob"), await yard.caller()
    for name in ("bob", "bob", "ann"):
        await yard.session(name)
    match change:
        case "role":
            await yard.users.change(admin, "bob", Role.VIEWER, None)
        case "disabled":
            await yard.users.change(admin, "bob", None, True)
        case "password":
            assert await yard.passwords.set(admin, "bob", "another password", None, ADDRESS) is None
        case "delete":
            await yard.users.delete(admin, "bob")
        case _:
            assert await yard.sign_in.end_all(bob, "bob") == 2
    assert await open_sessions(yard) == 1  # Ann's


async def test_signing_out_takes_the_cookie(yard: Yard) -> None:
    await yard.account("bob")
    who = await yard.session("bob")
    caller = await yard.caller()
    await yard.sign_in.end(caller, f"{who.session}.guessed")
    assert await open_sessions(yard) == 1
    for _ in range(2):
        await yard.sign_in.end(caller, who.cookie)
    assert await open_sessions(yard) == 0
    assert (await yard.deeds())[-2:] == ["session.start bob", "session.end bob"]


async def test_a_cookie_of_nobodys_makes_nobody_look_again(yard: Yard) -> None:
    await yard.account("bob")
    who, caller = await yard.session("bob"), await yard.caller()
    with yard.signals.listen(ACCESS_TOPIC) as listener:
        for junk in ("junk", "a.b", f"{who.session}.guessed", ""):
            await yard.sign_in.end(caller, junk)
        assert not listener.drain()
        await yard.sign_in.end(caller, who.cookie)
        assert listener.drain()


async def test_what_was_refused_is_written_down(yard: Yard) -> None:
    bob = await yard.account("bob")
    await yard.users.change(await yard.caller(), "bob", None, True)
    # Whoever is in a hurry types the password where the name belongs: it is not kept.
    for name, password in (("BOB", "not the password"), (PASSWORD, "bob"), ("bob", PASSWORD), ("\n", PASSWORD)):
        with pytest.raises(WrongPassword):
            await yard.sign_in.start(await yard.caller(), name, password, ADDRESS, None)
    await yard.users.change(await yard.caller(), "bob", None, False)
    with pytest.raises(WrongPassword):
        await yard.passwords.set(bob, "bob", "another password", "not the password", ADDRESS)
    refused = [deed for deed in await yard.deeds() if deed.startswith("session.refused")]
    tried = ["bob", "an unknown name", "bob", "an unknown name", "bob"]
    assert refused == [f"session.refused {name}" for name in tried]


async def test_sessions_of_others_are_not_ended(yard: Yard) -> None:
    await yard.account("ann", Role.ADMIN)
    with pytest.raises(NotYourAccount):
        await yard.sign_in.end_all(await yard.account("bob"), "ann")


async def test_ones_own_password_takes_the_present_one(yard: Yard) -> None:
    bob = await yard.account("bob")
    await yard.session("bob")
    with pytest.raises(WrongPassword):
        await yard.passwords.set(bob, "bob", "another password", None, ADDRESS)
    with pytest.raises(WrongPassword):
        await yard.passwords.set(bob, "bob", "another password", "not the password", ADDRESS)
    with pytest.raises(BadPassword):
        await yard.passwords.set(bob, "bob", "bob", PASSWORD, ADDRESS)
    who = await yard.passwords.set(bob, "bob", "another password", PASSWORD, ADDRESS)
    assert who is not None  # the browser goes on, all others do not
    assert await open_sessions(yard) == 1
    with pytest.raises(WrongPassword):
        await yard.session("bob")


async def test_passwords_are_nobody_elses_matter(yard: Yard) -> None:
    await yard.account("ann", Role.ADMIN)
    with pytest.raises(NotYourAccount):
        await yard.passwords.set(await yard.account("bob"), "ann", "another password", None, ADDRESS)


async def test_a_service_gets_no_password(yard: Yard) -> None:
    await yard.account("ci", Role.SERVICE)
    with pytest.raises(UnfitForRole):
        await yard.passwords.set(await yard.caller(), "ci", "another password", None, ADDRESS)
