"""Whose a token or a session is."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from steelyard.db.database import Database
from steelyard.identity.accounts.keys import parse_token
from steelyard.identity.credentials import AccountCredentials
from steelyard.identity.holder import Credentials, NotSignedIn
from steelyard.identity.remembered import FRESH_SECONDS
from steelyard.identity.roles import Role, Scope
from steelyard.identity.sightings import Sightings
from steelyard.testing.clock import HandClock, eventually
from tests.unit.identity.accounts.yard import ADDRESS, Yard


class Gatehouse(Yard):
    """Accounts, and somebody who looks at what callers show."""

    def __init__(self, database: Database, clock: HandClock) -> None:
        super().__init__(database, clock)
        self.sightings = Sightings(database)
        self.credentials = AccountCredentials(database, clock, self.signals, self.sightings, idle_days=7)
        self.seam: Credentials = self.credentials

    async def is_good(self, text: str, address: str = ADDRESS) -> bool:
        try:
            await self.credentials.of_token(text, address)
        except NotSignedIn:
            return False
        return True


@pytest.fixture
async def gate(database: Database, clock: HandClock) -> AsyncIterator[Gatehouse]:
    """It hears of every change at once."""
    gate = Gatehouse(database, clock)
    listening = asyncio.create_task(gate.credentials.run())
    await asyncio.sleep(0)
    yield gate
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening
    gate.close()


@pytest.fixture
async def deaf(database: Database, clock: HandClock) -> AsyncIterator[Gatehouse]:
    """It hears of nothing."""
    gate = Gatehouse(database, clock)
    yield gate
    gate.close()


async def test_a_token_tells_its_owner_and_its_scopes(gate: Gatehouse) -> None:
    await gate.account("bob")
    token, text = await gate.token("bob")
    holder = await gate.seam.of_token(text, ADDRESS)
    assert (holder.account.name, holder.account.role, holder.credential) == ("bob", Role.MEMBER, f"token:{token}")
    assert holder.scopes == frozenset({Scope.READ, Scope.PULL, Scope.WRITE, Scope.REPORT})


async def test_a_secret_opens_its_own_token_only(gate: Gatehouse) -> None:
    await gate.account("bob")
    (first, text), (second, other) = await gate.token("bob"), await gate.token("bob")
    key = parse_token(text)
    assert key is not None
    for forged in (
        f"sy_{second}_{key.secret}", f"sy_{first}_", f"sy_{first}", f"sy__{key.secret}", f"sy_{key.secret}", "sy_",
        text + "0", text[:-1], text.upper(), f"{text}\udcff", "sy_" + "x" * 10_000, f"sy_{'0' * 10}_{key.secret}",
    ):  # fmt: skip
        assert not await gate.is_good(forged), forged
    assert await gate.is_good(text)
    assert await gate.is_good(other)


async def test_a_token_stops_when_it_is_revoked(gate: Gatehouse) -> None:
    await gate.account("bob")
    token, text = await gate.token("bob")
    assert await gate.is_good(text)
    await gate.tokens.revoke(await gate.caller(), token)
    await eventually(lambda: _refused(gate, text, "revoked"))


async def test_a_token_stops_at_its_end(gate: Gatehouse, clock: HandClock) -> None:
    await gate.account("bob")
    _, text = await gate.token("bob", days=1)
    clock.forward(hours=24)
    assert await _refused(gate, text, "expired on 2026-01-02")


async def test_tokens_stop_when_the_account_is_disabled_and_go_on_when_it_is_enabled(gate: Gatehouse) -> None:
    await gate.account("bob")
    _, text = await gate.token("bob")
    await gate.is_good(text)
    await gate.users.change(await gate.caller(), "bob", None, True)
    await eventually(lambda: _refused(gate, text, "disabled"))
    await gate.users.change(await gate.caller(), "bob", None, False)
    await eventually(lambda: gate.is_good(text))


async def test_a_new_role_counts_at_once(gate: Gatehouse) -> None:
    await gate.account("bob")
    _, text = await gate.token("bob")
    await gate.is_good(text)
    await gate.users.change(await gate.caller(), "bob", Role.VIEWER, None)

    async def is_viewer() -> bool:
        return (await gate.credentials.of_token(text, ADDRESS)).account.role is Role.VIEWER

    await eventually(is_viewer)


async def test_a_server_that_hears_nothing_is_half_a_minute_late_at_most(deaf: Gatehouse, clock: HandClock) -> None:
    await deaf.account("bob")
    token, text = await deaf.token("bob")
    await deaf.is_good(text)
    await deaf.tokens.revoke(await deaf.caller(), token)
    assert await deaf.is_good(text)
    clock.forward(seconds=FRESH_SECONDS)
    assert not await deaf.is_good(text)


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("10.1.200.3", True), ("10.2.0.1", False), ("::ffff:10.1.0.1", True), ("2001:db8::5", True),
        ("2001:db9::5", False), ("unknown", False), ("", False),
    ],
)  # fmt: skip
async def test_a_token_is_good_where_it_was_made_for(gate: Gatehouse, address: str, good: bool) -> None:
    await gate.account("bob")
    _, text = await gate.token("bob", cidrs=("10.1.0.0/16", "2001:db8::/32"))
    assert await gate.is_good(text, address) is good


async def test_a_session_ends_at_its_time_and_after_a_quiet_week(gate: Gatehouse, clock: HandClock) -> None:
    await gate.account("bob")
    who = await gate.session("bob")
    for _ in range(5):
        clock.forward(days=5.9)
        holder = await gate.seam.of_session(who.cookie)
        assert holder is not None
        assert (holder.account.name, holder.credential, holder.scopes) == ("bob", f"session:{who.session}", None)
        await gate.sightings.write()
    clock.forward(days=0.5)  # 30 days in all
    assert await gate.credentials.of_session(who.cookie) is None
    again = await gate.session("bob")
    clock.forward(days=7)
    assert await gate.credentials.of_session(again.cookie) is None


async def test_a_cookie_needs_its_secret(gate: Gatehouse) -> None:
    await gate.account("bob")
    first, second = await gate.session("bob"), await gate.session("bob")
    secret = second.cookie.partition(".")[2]
    for forged in (f"{first.session}.{secret}", f"{first.session}.", first.session, "", ".", f".{secret}"):
        assert await gate.credentials.of_session(forged) is None


async def test_signing_out_everywhere_ends_what_is_remembered(gate: Gatehouse) -> None:
    bob = await gate.account("bob")
    who = await gate.session("bob")
    assert await gate.credentials.of_session(who.cookie) is not None
    await gate.sign_in.end_all(bob, "bob")

    async def ended() -> bool:
        return await gate.credentials.of_session(who.cookie) is None

    await eventually(ended)


async def test_accounts_by_key_and_by_name(gate: Gatehouse) -> None:
    await gate.account("Bob")
    known = await gate.seam.of_name("bOB")
    assert known is not None
    assert await gate.seam.of_account(known.id) == known
    assert await gate.seam.of_name("nobody") is None
    await gate.users.change(await gate.caller(), "bob", None, True)

    async def gone() -> bool:
        return await gate.credentials.of_account(known.id) is None

    await eventually(gone)
    assert await gate.seam.of_name("bob") == known  # a disabled account keeps its name
    assert await gate.seam.of_account(known.id + 1) is None


async def test_a_use_is_seen(gate: Gatehouse, clock: HandClock) -> None:
    bob = await gate.account("bob")
    _, text = await gate.token("bob")
    clock.forward(minutes=3)
    await gate.is_good(text)
    await gate.sightings.write()
    assert (await gate.tokens.list_page(bob, None, 1, 0, revoked=False))[1][0].last_used_at == clock.now()


async def _refused(gate: Gatehouse, text: str, reason: str) -> bool:
    try:
        await gate.credentials.of_token(text, ADDRESS)
    except NotSignedIn as error:
        return reason in error.detail
    return False
