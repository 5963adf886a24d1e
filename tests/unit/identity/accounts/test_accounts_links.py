"""Whom a principal belongs to."""

import pytest

from steelyard.identity.accounts.errors import BadLink, LinkMissing, LinkTaken, NotYourAccount
from steelyard.identity.audit.models import AuditFilter
from steelyard.identity.audit.service import AuditLog
from steelyard.identity.principal import PrincipalKind
from steelyard.identity.roles import Role
from tests.unit.identity.accounts.yard import Yard

TAILNET = (PrincipalKind.TAILNET, "alice@net")


async def test_a_principal_belongs_to_an_account_before_it_is_seen(yard: Yard) -> None:
    admin = await yard.account("ann", Role.ADMIN)
    await yard.account("alice")
    assert (await yard.links.link(admin, "alice", TAILNET)).links == (TAILNET,)
    assert (await yard.links.link(admin, "alice", TAILNET)).links == (TAILNET,)  # again: nothing new
    assert (await yard.deeds())[-1] == "user.link alice"
    [line] = (await AuditLog(yard.database).list_page(AuditFilter(action="user.link"), 10, 0))[1]
    assert (line.deed.after or {}).keys() == {"kind", "principal"}  # no address of mail
    count, found = await yard.links.seen(admin, PrincipalKind.TAILNET, True, 10, 0)
    assert (count, [(seen.subject, seen.account) for seen in found]) == (1, [("alice@net", "alice")])


async def test_it_belongs_to_one_account_at_most(yard: Yard) -> None:
    admin = await yard.account("ann", Role.ADMIN)
    for name in ("alice", "bob"):
        await yard.account(name)
    await yard.links.link(admin, "alice", TAILNET)
    with pytest.raises(LinkTaken):
        await yard.links.link(admin, "bob", TAILNET)
    with pytest.raises(LinkMissing):
        await yard.links.unlink(admin, "bob", TAILNET)
    assert (await yard.links.unlink(admin, "alice", TAILNET)).links == ()
    assert (await yard.links.link(admin, "bob", TAILNET)).links == (TAILNET,)


@pytest.mark.parametrize("kind", [PrincipalKind.DECLARED, PrincipalKind.ADDRESS, PrincipalKind.ACCOUNT])
async def test_what_proves_nothing_is_not_linked(yard: Yard, kind: PrincipalKind) -> None:
    admin = await yard.account("ann", Role.ADMIN)
    with pytest.raises(BadLink):
        await yard.links.link(admin, "ann", (kind, "alice"))


async def test_only_administrators_link(yard: Yard) -> None:
    bob = await yard.account("bob")
    with pytest.raises(NotYourAccount):
        await yard.links.link(bob, "bob", TAILNET)
    with pytest.raises(NotYourAccount):
        await yard.links.unlink(bob, "bob", TAILNET)
    with pytest.raises(NotYourAccount):
        await yard.links.seen(bob, None, None, 10, 0)


async def test_those_without_an_account_can_be_listed(yard: Yard) -> None:
    admin = await yard.account("ann", Role.ADMIN)
    await yard.links.link(admin, "ann", TAILNET)
    _, loose = await yard.links.seen(admin, None, False, 100, 0)
    count, everybody = await yard.links.seen(admin, None, None, 100, 0)
    assert len(everybody) == count == len(loose) + 1
    assert TAILNET[1] not in [seen.subject for seen in loose]
    assert PrincipalKind.ACCOUNT not in {seen.kind for seen in everybody}
    assert (await yard.links.seen(admin, PrincipalKind.ACCOUNT, None, 100, 0))[0] == 1
