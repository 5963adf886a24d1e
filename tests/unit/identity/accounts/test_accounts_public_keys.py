"""Public keys: whose they are, and that nobody gives away more than they have."""

import pytest

from steelyard.identity.accounts.errors import KeyMissing, KeyTaken, NotYourAccount, TooMuchForToken, UserMissing
from steelyard.identity.credentials import AccountCredentials
from steelyard.identity.roles import Role, Scope
from steelyard.identity.sightings import Sightings
from steelyard.identity.signing import BadKey, read_line
from steelyard.testing.signer import OllamaSigner
from tests.unit.identity.accounts.yard import Yard


@pytest.fixture
def line() -> str:
    """Of a key that nobody has seen."""
    return OllamaSigner().line


async def test_it_is_called_as_its_line_says_unless_told(yard: Yard, line: str) -> None:
    bob = await yard.account("bob")
    assert (await yard.keys.add(bob, f"{line} bob at home", None, None)).label == "bob at home"
    assert (await yard.keys.add(bob, f"{OllamaSigner().line} x", "desk", None)).label == "desk"
    assert (await yard.keys.add(bob, OllamaSigner().line, None, None)).label == "ollama"
    assert len((await yard.keys.add(bob, f"{OllamaSigner().line} {'x' * 500}", None, None)).label) == 100
    count, found = await yard.keys.list_page(bob, None, 2, 0)
    assert (count, len(found)) == (4, 2)


async def test_a_key_belongs_to_one_account_until_it_is_removed(yard: Yard, line: str) -> None:
    ann, bob = await yard.account("ann", Role.ADMIN), await yard.account("bob")
    key = await yard.keys.add(bob, line, None, None)
    for who in (ann, bob):
        with pytest.raises(KeyTaken):
            await yard.keys.add(who, f"  {line} other words", None, None)
    await yard.keys.remove(ann, key.id)
    with pytest.raises(KeyMissing):
        await yard.keys.remove(bob, key.id)
    assert (await yard.keys.add(ann, line, None, None)).owner.name == "ann"
    assert (await yard.deeds())[-3:] == ["key.add bob", "key.remove bob", "key.add ann"]


async def test_members_have_their_own_keys_and_no_others(yard: Yard, line: str) -> None:
    ann, bob = await yard.account("ann", Role.ADMIN), await yard.account("bob")
    key = await yard.keys.add(ann, line, None, None)
    with pytest.raises(NotYourAccount):
        await yard.keys.add(bob, line, None, "ann")
    with pytest.raises(NotYourAccount):
        await yard.keys.list_page(bob, "ann", 10, 0)
    with pytest.raises(KeyMissing):
        await yard.keys.remove(bob, key.id)
    assert (await yard.keys.list_page(bob, None, 10, 0))[0] == 0
    his = await yard.keys.add(ann, OllamaSigner().line, None, "bob")
    assert (await yard.keys.list_page(ann, None, 10, 0))[0] == 2
    assert [one.id for one in (await yard.keys.list_page(ann, "BOB", 10, 0))[1]] == [his.id]


async def test_a_token_registers_none_that_may_more_than_it(yard: Yard, line: str) -> None:
    bob = await yard.account("bob")
    for scopes in ((Scope.READ, Scope.WRITE), (Scope.ADMIN,)):
        with pytest.raises(TooMuchForToken):
            await yard.keys.add(await yard.by_token(bob, *scopes), line, None, None)
    narrow = await yard.by_token(bob, Scope.READ, Scope.ADMIN)
    with pytest.raises(TooMuchForToken, match="more than the token that you show"):
        await yard.keys.add(narrow, line, None, None, frozenset({Scope.READ, Scope.PULL}))
    assert (await yard.keys.add(narrow, line, None, None)).scopes == {Scope.READ}
    assert (await yard.keys.list_page(bob, None, 1, 0))[1][0].scopes == {Scope.READ}


async def test_it_may_less_than_its_owner_and_never_touch_accounts(yard: Yard, line: str) -> None:
    root = await yard.account("root", Role.ADMIN)
    with pytest.raises(TooMuchForToken, match="'admin'"):
        await yard.keys.add(root, line, None, None, frozenset(Scope))
    await yard.keys.add(root, line, None, None, frozenset({Scope.READ}))
    credentials = AccountCredentials(yard.database, yard.clock, yard.signals, Sightings(yard.database), idle_days=7)
    signer = await credentials.of_key(read_line(line)[0].fingerprint)
    assert signer is not None
    assert signer.holder.scopes == frozenset({Scope.READ})


async def test_whose_it_shall_be_is_somebody(yard: Yard, line: str) -> None:
    with pytest.raises(BadKey):
        await yard.keys.add(await yard.caller(), line, None, None)
    with pytest.raises(UserMissing):
        await yard.keys.add(await yard.caller(), line, None, "nobody")
    with pytest.raises(BadKey):
        await yard.keys.add(await yard.account("bob"), "ssh-rsa AAAA", None, None)


async def test_whoever_signs_with_it_may_what_their_tokens_may(yard: Yard, line: str) -> None:
    root = await yard.account("root", Role.ADMIN)
    key, fingerprint = await yard.keys.add(root, line, None, None), read_line(line)[0].fingerprint
    sightings = Sightings(yard.database)
    credentials = AccountCredentials(yard.database, yard.clock, yard.signals, sightings, idle_days=7)
    signer = await credentials.of_key(fingerprint)
    assert signer is not None
    assert (signer.holder.account.name, signer.holder.credential) == ("root", f"key:{key.id}")
    assert signer.holder.scopes == frozenset(Scope) - {Scope.ADMIN}
    credentials.key_used(signer)
    await sightings.write()
    assert (await yard.keys.list_page(root, None, 1, 0))[1][0].last_used_at == yard.clock.now()
    assert await credentials.of_key("SHA256:nobody") is None


async def test_a_disabled_account_and_a_deleted_one(yard: Yard, line: str) -> None:
    bob, root = await yard.account("bob"), await yard.caller()
    await yard.keys.add(bob, line, None, None)
    await yard.users.change(root, "bob", None, disabled=True)
    credentials = AccountCredentials(yard.database, yard.clock, yard.signals, Sightings(yard.database), idle_days=7)
    signer = await credentials.of_key(read_line(line)[0].fingerprint)
    assert signer is not None
    assert signer.is_disabled
    await yard.users.delete(root, "bob")
    credentials.forget()
    assert await credentials.of_key(read_line(line)[0].fingerprint) is None
