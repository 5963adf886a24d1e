"""Principals: who is asking, how sure we are, and what they may do."""

from dataclasses import dataclass, replace
from enum import StrEnum

from steelyard.identity.roles import Role, Scope


class PrincipalKind(StrEnum):
    """How a principal is known, from the surest to the vaguest. The order is the order in which they win."""

    ACCOUNT = "account"
    TAILNET = "tailnet"
    PROXY = "proxy"
    DECLARED = "declared"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Principal:
    """One row per (kind, subject). ``name`` is what people see; ``account`` the key of the account it belongs to."""

    id: int
    kind: PrincipalKind
    subject: str
    name: str
    account: int | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """What a caller may do.

    ``role`` is None for whoever is nobody here. ``account`` and ``account_id`` are the account that gives the role;
    ``scopes`` bound a token, None is all that the role may. ``credential`` names the token or the session, never its
    secret.
    """

    role: Role | None
    account: str | None = None
    account_id: int | None = None
    scopes: frozenset[Scope] | None = None
    credential: str | None = None

    def may(self, role: Role, scope: Scope) -> bool:
        """Whether somebody with this access may do what asks for at least ``role``, with a token for ``scope``."""
        return self.role is not None and self.role.includes(role) and (self.scopes is None or scope in self.scopes)


def for_daily_work(access: Access) -> Access:
    """The most that somebody may on the word of a program that asks for many: no more than a member, nobody's account.

    Whoever takes over that program, or reads what it signs, becomes nobody's administrator.
    """
    role = access.role if access.role in {None, Role.VIEWER} else Role.MEMBER
    scopes = frozenset(Scope) if access.scopes is None else access.scopes
    return replace(access, role=role, scopes=scopes - {Scope.ADMIN})


EVERYTHING = Access(Role.ADMIN)  # in open mode everybody is an administrator
NOTHING = Access(None)


@dataclass(frozen=True, slots=True)
class Caller:
    """A principal in the act of asking: from which address, with which program, and what they may do.

    ``address`` is as the records keep it: hidden where the settings say so. A service asks for others: ``principal`` is
    then the one it asks for, whom requests are recorded under, and ``proven`` the service itself, whose rights count;
    None where the rights are the person's own.
    """

    principal: Principal
    address: str
    user_agent: str
    access: Access = EVERYTHING
    proven: Principal | None = None

    @property
    def name(self) -> str:
        """What people see."""
        return self.principal.name

    @property
    def doer(self) -> Principal:
        """Who really asks: what they do is theirs, for whomever they say it is."""
        return self.proven or self.principal

    @property
    def identified_by(self) -> str:
        """How we know, as the records keep it."""
        return self.principal.kind.value

    @property
    def is_admin(self) -> bool:
        """Whether they run the depot. A token without the scope does not make its owner one."""
        return self.access.may(Role.ADMIN, Scope.ADMIN)
