"""The first administrator."""

import asyncio

import pytest
from sqlalchemy import select

from steelyard.identity.accounts.errors import AlreadySetUp, WrongSetupCode
from steelyard.identity.accounts.setup import CODE_HOURS
from steelyard.identity.accounts.tables import setup_codes
from steelyard.identity.roles import Role
from tests.unit.identity.accounts.yard import PASSWORD, Yard


async def offered(yard: Yard) -> str:
    code = await yard.setup.first_run()
    assert code is not None
    return code


async def test_a_code_makes_one_administrator_and_signs_them_in(yard: Yard) -> None:
    await yard.account("bob")  # prepared while the depot was open
    code = await offered(yard)
    rows = await yard.database.read(lambda connection: connection.execute(select(setup_codes)).all())
    assert code not in str(rows)
    who = await yard.setup.finish(await yard.caller(), code, "ann", PASSWORD)
    assert (who.user.name, who.user.role, "." in who.cookie) == ("ann", Role.ADMIN, True)
    assert (await yard.deeds())[-2:] == ["setup ann", "session.start ann"]
    with pytest.raises(AlreadySetUp):
        await yard.setup.finish(await yard.caller(), code, "eve", PASSWORD)
    assert await yard.setup.first_run() is None


async def test_every_server_of_a_depot_prints_a_code_that_is_good(yard: Yard) -> None:
    first, _second = await offered(yard), await offered(yard)
    await yard.setup.finish(await yard.caller(), first, "ann", PASSWORD)
    assert await yard.database.read(lambda connection: connection.execute(select(setup_codes)).all()) == []


@pytest.mark.parametrize("code", ["", "wrong", "0" * 52])
async def test_a_guess_is_refused_before_a_password_is_hashed(yard: Yard, code: str) -> None:
    await offered(yard)
    with pytest.raises(WrongSetupCode):
        await yard.setup.finish(await yard.caller(), code, "eve", PASSWORD)


async def test_a_code_is_good_for_a_day(yard: Yard) -> None:
    code = await offered(yard)
    yard.clock.forward(hours=CODE_HOURS)
    with pytest.raises(WrongSetupCode):
        await yard.setup.finish(await yard.caller(), code, "ann", PASSWORD)


async def test_two_with_the_same_link_make_one_administrator(yard: Yard) -> None:
    code, caller = await offered(yard), await yard.caller()
    done = await asyncio.gather(
        *(yard.setup.finish(caller, code, name, PASSWORD) for name in ("ann", "eve")), return_exceptions=True
    )
    assert sorted(isinstance(answer, AlreadySetUp) for answer in done) == [False, True]


async def test_administrators_who_cannot_sign_in_do_not_count(yard: Yard) -> None:
    assert await yard.setup.first_run() is not None
    await yard.account("ann", Role.ADMIN)
    assert await yard.setup.first_run() is None
