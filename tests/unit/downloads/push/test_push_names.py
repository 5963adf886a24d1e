"""Below which names who pushes."""

import pytest

from steelyard.core.ref import InvalidReference
from steelyard.downloads.push.errors import NamespaceClosed
from steelyard.downloads.push.names import full_name, is_reserved, own_namespace, require_namespace
from steelyard.identity.principal import EVERYTHING, Access, Caller, Principal, PrincipalKind
from steelyard.identity.roles import Role

TEAM = ["team"]


def account(name: str, role: Role = Role.MEMBER) -> Caller:
    """Somebody with an account."""
    return Caller(Principal(1, PrincipalKind.ACCOUNT, "1", name, 1), "", "", Access(role, name, 1))


def declared(name: str) -> Caller:
    """Somebody who says their name to an open depot."""
    return Caller(Principal(2, PrincipalKind.DECLARED, name, name), "", "", EVERYTHING)


def nobody() -> Caller:
    """An address."""
    return Caller(Principal(3, PrincipalKind.ADDRESS, "127.0.0.1", "127.0.0.1"), "", "", EVERYTHING)


def test_without_a_namespace_it_is_ones_own_then_the_teams() -> None:
    assert full_name("x", None, account("alice"), TEAM) == "alice/x"
    assert full_name("x", None, declared("bob"), TEAM) == "bob/x"
    assert full_name("x", None, nobody(), TEAM) == "team/x"
    assert full_name("x", "other", account("alice"), TEAM) == "other/x"


def test_whoever_has_no_namespace_is_told_how_to_get_one() -> None:
    with pytest.raises(NamespaceClosed) as refused:
        full_name("x", None, nobody(), [])
    assert "NAMESPACES" in str(refused.value.hint)


@pytest.mark.parametrize("name", ["a@b", "x:y", "", "..", "a/b", "x" * 200, "a\x00b"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises((InvalidReference, NamespaceClosed)):
        full_name(name, "team", account("alice"), TEAM)


@pytest.mark.parametrize("who", ["alice@example.org", "a b", "a/b", "..", "ünser"])
def test_what_no_name_begins_with_is_no_namespace(who: str) -> None:
    assert own_namespace(declared(who)) is None


def test_an_account_is_surer_than_what_somebody_says() -> None:
    robot = Caller(
        Principal(2, PrincipalKind.DECLARED, "bob", "bob"), "", "", Access(Role.SERVICE, "robot", 5),
        Principal(9, PrincipalKind.ACCOUNT, "5", "robot", 5),
    )  # fmt: skip
    assert own_namespace(robot) == "robot"


def test_ones_own_and_the_teams_are_open_and_no_others() -> None:
    require_namespace("alice/x", account("alice"), TEAM, is_account=True)
    require_namespace("team/x", account("alice"), TEAM, is_account=False)
    for repo in ("bob/x", "teams/x", "Team/x", "x"):
        with pytest.raises(NamespaceClosed) as refused:
            require_namespace(repo, account("alice"), TEAM, is_account=True)
        assert "alice/…, team/…" in refused.value.detail


def test_whoever_has_no_account_makes_nothing_that_nobody_would_own() -> None:
    guest = Caller(Principal(4, PrincipalKind.TAILNET, "bob@net", "bob"), "", "", Access(Role.MEMBER))
    with pytest.raises(NamespaceClosed, match="account"):
        require_namespace("team/x", guest, TEAM, is_account=False)
    require_namespace("team/x", nobody(), TEAM, is_account=False)  # where access is open


def test_an_administrator_pushes_for_accounts_but_not_below_any_name() -> None:
    root = account("root", Role.ADMIN)
    require_namespace("bob/x", root, TEAM, is_account=True)
    with pytest.raises(NamespaceClosed):
        require_namespace("google/x", root, TEAM, is_account=False)


def test_reserved_is_what_stands_before_the_slash() -> None:
    assert is_reserved("team/x", TEAM)
    assert is_reserved("Team/x", TEAM)
    assert not is_reserved("team", TEAM)
    assert not is_reserved("teams/x", TEAM)
