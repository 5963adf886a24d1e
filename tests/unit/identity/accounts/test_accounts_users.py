"""Accounts: who may make, change and delete them, and that somebody can always run the depot."""

import asyncio

import pytest

from steelyard.core.errors import SteelyardError
from steelyard.db.database import Database
from steelyard.identity.accounts.errors import (
    BadAccountName,
    BadPassword,
    LastAdmin,
    NameTaken,
    NotYourAccount,
    UnfitForRole,
    UserMissing,
)
from steelyard.identity.principal import PrincipalKind
from steelyard.identity.roles import Role, Scope
from steelyard.testing.clock import HandClock
from tests.unit.identity.accounts.yard import PASSWORD, Yard


async def test_an_account_is_found_whatever_the_capital_letters(yard: Yard) -> None:
    admin = await yard.account("Ann", Role.ADMIN)
    assert (await yard.users.get(admin, "aNN")).user.name == "Ann"
    with pytest.raises(NameTaken):
        await yard.users.create(admin, "ANN", Role.MEMBER, PASSWORD)


async def test_no_secret_shows_in_what_is_printed(yard: Yard) -> None:
    admin = await yard.account("ann", Role.ADMIN)
    assert PASSWORD not in repr(await yard.users.get(admin, "ann"))


async def test_the_list_has_everybody_by_name(yard: Yard) -> None:
    admin = await yard.account("zoe", Role.ADMIN)
    for name in ("bob", "Ann"):
        await yard.account(name)
    count, cards = await yard.users.list_page(admin, 2, 0)
    assert (count, [card.user.name for card in cards]) == (3, ["Ann", "bob"])


async def test_what_changes_is_written_down(yard: Yard) -> None:
    admin = await yard.account("ann", Role.ADMIN)
    await yard.account("bob")
    await yard.users.change(admin, "bob", Role.VIEWER, None)
    await yard.users.change(admin, "bob", Role.VIEWER, False)  # nothing new
    await yard.users.change(admin, "bob", None, True)
    await yard.users.delete(admin, "bob")
    assert await yard.deeds() == [
        "user.create ann", *(f"user.{verb} bob (deleted)" for verb in ("create", "change", "change", "delete")),
    ]  # fmt: skip
    with pytest.raises(UserMissing):
        await yard.users.get(admin, "bob")


@pytest.mark.parametrize("name", ["", "a/b", "a b", ".a", "me", "Me", "192.0.2.7", "a\0b", "x" * 129, "-a"])
async def test_names_that_mean_something_else_are_refused(yard: Yard, name: str) -> None:
    with pytest.raises(BadAccountName):
        await yard.users.create(await yard.caller(), name, Role.MEMBER, PASSWORD)


async def test_names_that_look_alike_are_alike(yard: Yard) -> None:
    await yard.account("zoë")
    with pytest.raises(NameTaken):
        await yard.account("Zoe\u0308")


@pytest.mark.parametrize("password", ["short", "x" * 1001, "LongEnough1"])
async def test_passwords_that_are_easy_to_guess_are_refused(yard: Yard, password: str) -> None:
    with pytest.raises(BadPassword):
        await yard.users.create(await yard.caller(), "longenough1", Role.MEMBER, password)


async def test_an_administrator_has_a_password_and_a_service_has_none(yard: Yard) -> None:
    admin = await yard.account("ann", Role.ADMIN)
    with pytest.raises(UnfitForRole):
        await yard.users.create(admin, "bob", Role.ADMIN, None)
    with pytest.raises(UnfitForRole):
        await yard.users.create(admin, "ci", Role.SERVICE, PASSWORD)
    await yard.account("cleo", password=False)
    with pytest.raises(UnfitForRole):
        await yard.users.change(admin, "cleo", Role.ADMIN, None)


async def test_people_and_services_do_not_become_each_other(yard: Yard) -> None:
    admin = await yard.account("ann", Role.ADMIN)
    await yard.account("bob")
    await yard.account("ci", Role.SERVICE)
    with pytest.raises(UnfitForRole):
        await yard.users.change(admin, "bob", Role.SERVICE, None)
    with pytest.raises(UnfitForRole):
        await yard.users.change(admin, "ci", Role.MEMBER, None)


async def test_members_see_themselves_and_nobody_else(yard: Yard) -> None:
    await yard.account("ann", Role.ADMIN)
    bob = await yard.account("bob")
    assert (await yard.users.get(bob, "bob")).user.name == "bob"
    for name in ("ann", "nobody"):  # and do not learn who has an account
        with pytest.raises(NotYourAccount):
            await yard.users.get(bob, name)
    with pytest.raises(NotYourAccount):
        await yard.users.list_page(bob, 10, 0)
    with pytest.raises(NotYourAccount):
        await yard.users.change(bob, "bob", Role.ADMIN, None)
    with pytest.raises(NotYourAccount):
        await yard.users.delete(bob, "bob")
    with pytest.raises(NotYourAccount):
        await yard.users.create(bob, "carl", Role.ADMIN, PASSWORD)


async def test_an_administrators_token_without_the_scope_is_no_administrator(yard: Yard) -> None:
    ann = await yard.account("ann", Role.ADMIN)
    with pytest.raises(NotYourAccount):
        await yard.users.create(await yard.by_token(ann, Scope.READ, Scope.WRITE), "bob", Role.MEMBER, PASSWORD)


async def test_the_last_administrator_stays(yard: Yard) -> None:
    ann = await yard.account("ann", Role.ADMIN)
    await yard.account("bob", Role.ADMIN)
    await yard.users.change(ann, "bob", None, True)  # nobody can sign in with it
    with pytest.raises(LastAdmin):
        await yard.users.change(ann, "ann", Role.MEMBER, None)
    with pytest.raises(LastAdmin):
        await yard.users.change(ann, "ann", None, True)
    with pytest.raises(LastAdmin):
        await yard.users.delete(ann, "ann")
    await yard.users.delete(ann, "bob")
    assert (await yard.users.get(ann, "ann")).user.is_usable_admin


async def test_of_the_last_two_only_one_can_go(yard: Yard, database: Database, clock: HandClock) -> None:
    ann, bob = await yard.account("ann", Role.ADMIN), await yard.account("bob", Role.ADMIN)
    other = Yard(database, clock)
    done = await asyncio.gather(
        *(yard.users.change(ann, "bob", Role.MEMBER, None), other.users.delete(bob, "ann")), return_exceptions=True
    )
    other.close()
    assert sorted(isinstance(answer, LastAdmin) for answer in done) == [False, True]
    assert all(not isinstance(answer, BaseException) or isinstance(answer, SteelyardError) for answer in done)


async def test_a_new_account_inherits_nothing(yard: Yard) -> None:
    admin = await yard.account("ann", Role.ADMIN)
    await yard.account("bob")
    first = (await yard.links.link(admin, "bob", (PrincipalKind.TAILNET, "bob@net"))).user.id
    await yard.token("bob")
    await yard.users.delete(admin, "bob")
    await yard.account("bob")
    card = await yard.users.get(admin, "bob")
    assert (card.user.id != first, card.links) == (True, ())
    assert (await yard.tokens.list_page(admin, "bob", 10, 0, revoked=True))[0] == 0
