"""What the pages about people need from the depot: seams beside those of ``shelf``, in the API's own JSON shapes.

``request`` says who asks; every method may raise SteelyardError, and the depot decides who may do what.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from steelyard.web.auditing import AuditQuery
from steelyard.web.people_forms import KeyForm, LinkForm, PasswordForm, SetupForm, SignInForm, TokenForm, UserForm
from steelyard.web.shelf import Json

Mark = Callable[[Response], None]  # gives an answer the session's cookie, or takes it away


@dataclass(frozen=True, slots=True)
class AccountState:
    """One's own account: the answers of ``/api/v1/me``, ``/api/v1/users/{name}``, ``/api/v1/tokens`` and ``keys``.

    ``user`` is None without an account. ``scopes`` are those that a token of it can have, ``usual`` those that it has
    unless told otherwise, ``days`` how long it is good for then.
    """

    me: Json
    user: Json | None = None
    tokens: list[Json] = field(default_factory=list)
    scopes: tuple[str, ...] = ()
    usual: tuple[str, ...] = ()
    days: int = 90
    keys: list[Json] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TokenState:
    """All tokens of the depot: one page of ``total``. ``days`` is how long a new one is good for unless told."""

    total: int
    tokens: list[Json]
    days: int = 90


@dataclass(frozen=True, slots=True)
class Strangers:
    """Whom the tailnet or a proxy vouches for and who has no account: the newest of ``total``."""

    total: int = 0
    principals: list[Json] = field(default_factory=list)


class DoorSource(Protocol):
    """Coming and going."""

    async def sign_in(self, form: SignInForm, request: Request) -> Mark:
        """Begin a session; the one that the browser had ends."""

    async def sign_out(self, request: Request) -> Mark:
        """End the session of this browser, if it has one."""

    async def set_up(self, form: SetupForm, request: Request) -> Mark:
        """Make the first administrator and begin their session."""


class AccountSource(Protocol):
    """What people do about themselves."""

    async def account(self, request: Request) -> AccountState:
        """Who they are here."""

    async def set_password(self, form: PasswordForm, request: Request) -> Mark:
        """Change their password; this browser goes on with a new session, all others end."""

    async def make_token(self, form: TokenForm, request: Request) -> Json:
        """A token for them; the answer of ``POST /api/v1/tokens``, with its text."""

    async def revoke_token(self, token_id: str, request: Request) -> None:
        """Take one of their tokens back."""

    async def add_key(self, form: KeyForm, request: Request) -> None:
        """Register a public key for them."""

    async def remove_key(self, key_id: str, request: Request) -> None:
        """Let one of their keys be nobody's."""

    async def sign_out_everywhere(self, request: Request) -> Mark:
        """End all of their sessions, this one too."""


class UserSource(Protocol):
    """What administrators do about people. ``name`` is the account's."""

    async def users(self, offset: int, limit: int, request: Request) -> tuple[int, list[Json]]:
        """How many accounts there are, and one page of them by name."""

    async def strangers(self, limit: int, request: Request) -> Strangers:
        """Who could be given an account."""

    async def add(self, form: UserForm, request: Request) -> str:
        """Make an account; its name."""

    async def change_role(self, name: str, role: str, request: Request) -> None:
        """Give an account another role."""

    async def switch(self, name: str, request: Request, *, disabled: bool) -> None:
        """Disable an account, or enable it again."""

    async def set_password(self, name: str, password: str, request: Request) -> None:
        """Give an account another password."""

    async def sign_out(self, name: str, request: Request) -> None:
        """End all sessions of an account."""

    async def delete(self, name: str, request: Request) -> None:
        """Delete an account with its sessions and tokens."""

    async def link(self, form: LinkForm, request: Request) -> None:
        """Let a principal belong to an account."""

    async def unlink(self, form: LinkForm, request: Request) -> None:
        """Let a principal belong to nobody."""


class TokensSource(Protocol):
    """What administrators do about everybody's tokens."""

    async def tokens(self, offset: int, limit: int, request: Request) -> TokenState:
        """One page of those that were not revoked, newest first."""

    async def make_token(self, form: TokenForm, request: Request) -> Json:
        """A token for somebody; the answer of ``POST /api/v1/tokens``, with its text."""

    async def revoke_token(self, token_id: str, request: Request) -> None:
        """Take a token back."""


class ApprovalSource(Protocol):
    """What administrators decide about requests that wait."""

    async def waiting(self, offset: int, limit: int, request: Request) -> tuple[int, list[Json]]:
        """How many requests wait, and one page of them, the oldest first, in the shape of ``/api/v1/approvals``."""

    async def decide(self, task_id: str, reason: str, request: Request, *, agreed: bool) -> None:
        """Agree, or say no for a reason that the asker reads."""


class AuditSource(Protocol):
    """What was changed, and by whom."""

    async def entries(self, query: AuditQuery, request: Request) -> tuple[int, list[Json]]:
        """How many lines match, and one page of them, newest first, in the shape of ``/api/v1/audit``."""


@dataclass(frozen=True, slots=True)
class PeopleSources:
    """People as the pages see them."""

    doors: DoorSource
    account: AccountSource
    users: UserSource
    tokens: TokensSource
    approvals: ApprovalSource
    audit: AuditSource
