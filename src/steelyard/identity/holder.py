"""Whoever proved with a token, a signature or a session that an account is theirs."""

from dataclasses import dataclass
from typing import Protocol

from steelyard.core.errors import Unauthorized
from steelyard.identity.roles import Role, Scope

TOKEN_PREFIX = "sy_"  # noqa: S105 - how a token begins, not one
ACCESS_TOPIC = "access"  # something about accounts, tokens, sessions or links changed


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody with an account, as every request needs to know them."""

    id: int
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Holder:
    """An account and what it was proved with. ``scopes`` bound a token; None is all that the role may.

    ``credential`` is ``token:<id>``, ``key:<id>`` or ``session:<id>``.
    """

    account: Account
    credential: str
    scopes: frozenset[Scope] | None = None


class NotSignedIn(Unauthorized):
    """Nobody knows who asks, or what they showed is no longer good."""

    slug = "not-signed-in"
    title = "Sign in first"


class Credentials(Protocol):
    """Looks up what callers show. Both are asked at every request, so they must be quick."""

    async def of_token(self, text: str, address: str) -> Holder:
        """Who holds a token that begins with ``TOKEN_PREFIX`` and is used from this address.

        Raises NotSignedIn: unknown, revoked, expired, its owner disabled, not from there.
        """

    async def of_session(self, cookie: str) -> Holder | None:
        """Who is signed in with this cookie; None when the session ended: the browser shows the sign-in page then."""

    async def of_name(self, name: str) -> Account | None:
        """The account of this name, disabled or not."""

    async def of_account(self, account_id: int) -> Account | None:
        """The account that a principal belongs to; None when there is none, or it is disabled."""
