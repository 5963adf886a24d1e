"""Tokens: for whom, with which scopes, how long, and that nobody gives away more than they have."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from steelyard.identity.accounts.errors import BadToken, NotYourAccount, TokenMissing, TooMuchForToken
from steelyard.identity.accounts.keys import parse_token
from steelyard.identity.accounts.tables import tokens
from steelyard.identity.accounts.tokens import TokenWish
from steelyard.identity.principal import Caller
from steelyard.identity.roles import Role, Scope
from tests.unit.identity.accounts.yard import Yard

WISH = TokenWish("laptop", None, None, 90, None)


def wish(*scopes: Scope, user: str | None = None) -> TokenWish:
    return replace(WISH, scopes=frozenset(scopes), user=user)


async def test_only_a_hash_of_the_secret_is_kept(yard: Yard) -> None:
    bob = await yard.account("bob")
    token, text = await yard.tokens.create(bob, WISH)
    key = parse_token(text)
    assert key is not None
    row = await yard.database.read(lambda connection: connection.execute(select(tokens)).one())
    assert key.id == token.id
    assert key.secret not in str(row)
    assert key.opens(row.secret_hash)
    assert row.secret_hash not in repr(token)
    assert key.secret not in repr(key)


async def test_unless_told_a_token_does_daily_work_for_90_days(yard: Yard) -> None:
    bob = await yard.account("bob")
    token, _ = await yard.tokens.create(bob, WISH)
    assert token.scopes == frozenset({Scope.READ, Scope.PULL, Scope.WRITE, Scope.REPORT})
    assert token.expires_at == yard.clock.now() + timedelta(days=90)
    assert (await yard.deeds())[-1] == "token.create bob"


@pytest.mark.parametrize(
    ("role", "scope"),
    [(Role.VIEWER, Scope.PULL), (Role.VIEWER, Scope.WRITE), (Role.SERVICE, Scope.ADMIN)],
)
async def test_a_token_gets_no_more_than_the_role_of_its_owner(yard: Yard, role: Role, scope: Scope) -> None:
    await yard.account("them", role)
    with pytest.raises(TooMuchForToken):
        await yard.tokens.create(await yard.caller(), wish(Scope.READ, scope, user="them"))


async def test_a_token_makes_no_token_unless_it_was_made_for_that(yard: Yard) -> None:
    bob = await yard.account("bob")
    with pytest.raises(TooMuchForToken):
        await yard.tokens.create(await yard.by_token(bob, Scope.READ, Scope.WRITE), wish(Scope.READ))
    made, _ = await yard.tokens.create(await yard.by_token(bob, Scope.READ, Scope.ADMIN), wish(Scope.READ))
    assert made.scopes == frozenset({Scope.READ})


async def test_a_token_gives_no_more_than_it_has(yard: Yard) -> None:
    ann = await yard.account("ann", Role.ADMIN)
    narrow = await yard.by_token(ann, Scope.READ, Scope.ADMIN)
    with pytest.raises(TooMuchForToken):
        await yard.tokens.create(narrow, wish(Scope.READ, Scope.WRITE))
    usual, _ = await yard.tokens.create(narrow, WISH)
    assert usual.scopes == frozenset({Scope.READ})
    with pytest.raises(TooMuchForToken):
        await yard.tokens.create(await yard.by_token(ann, Scope.ADMIN), WISH)  # it could do nothing


async def test_members_have_their_own_tokens_and_no_others(yard: Yard) -> None:
    ann, bob = await yard.account("ann", Role.ADMIN), await yard.account("bob")
    theirs, _ = await yard.tokens.create(ann, WISH)
    own, _ = await yard.tokens.create(bob, WISH)
    assert [token.id for token in (await yard.tokens.list_page(bob, None, 10, 0, revoked=False))[1]] == [own.id]
    assert (await yard.tokens.list_page(ann, None, 10, 0, revoked=False))[0] == 2
    assert (await yard.tokens.list_page(ann, "bob", 10, 0, revoked=False))[0] == 1
    with pytest.raises(NotYourAccount):
        await yard.tokens.list_page(bob, "ann", 10, 0, revoked=False)
    with pytest.raises(NotYourAccount):
        await yard.tokens.create(bob, wish(Scope.READ, user="ann"))
    with pytest.raises(TokenMissing):
        await yard.tokens.revoke(bob, theirs.id)


async def test_a_revoked_token_is_listed_only_when_asked_for(yard: Yard) -> None:
    bob = await yard.account("bob")
    token, _ = await yard.tokens.create(bob, WISH)
    for _ in range(2):  # twice is no error, and one line
        await yard.tokens.revoke(bob, token.id)
    assert (await yard.tokens.list_page(bob, None, 10, 0, revoked=False))[0] == 0
    assert (await yard.tokens.list_page(bob, None, 10, 0, revoked=True))[1][0].revoked_at == yard.clock.now()
    assert [deed for deed in await yard.deeds() if deed.startswith("token.revoke")] == ["token.revoke bob"]


async def test_for_ever_is_for_services(yard: Yard) -> None:
    await yard.account("ci", Role.SERVICE)
    bob = await yard.account("bob")
    with pytest.raises(BadToken):
        await yard.tokens.create(bob, replace(WISH, days=None))
    token, _ = await yard.tokens.create(await yard.caller(), replace(WISH, user="ci", days=None))
    assert token.expires_at is None


async def test_networks_are_read_before_anything_is_made(yard: Yard) -> None:
    bob = await yard.account("bob")
    token, _ = await yard.tokens.create(bob, replace(WISH, cidrs=("10.1.2.3/16", "2001:db8::/32")))
    assert token.cidrs == ("10.1.0.0/16", "2001:db8::/32")
    with pytest.raises(BadToken):
        await yard.tokens.create(bob, replace(WISH, cidrs=("10.1.2.3/99",)))


async def test_without_an_account_one_says_whose_it_shall_be(yard: Yard) -> None:
    everybody: Caller = await yard.caller()
    with pytest.raises(BadToken):
        await yard.tokens.create(everybody, WISH)
