"""Accounts and what is shown to prove that one is theirs. Hashes of secrets never appear in a log."""

from dataclasses import dataclass, field
from datetime import datetime

from steelyard.identity.holder import Account
from steelyard.identity.principal import PrincipalKind
from steelyard.identity.roles import Role, Scope


@dataclass(frozen=True, slots=True)
class User:
    """An account in full. ``password_hash`` is None for programs, and for people who come in another way."""

    id: int
    name: str
    role: Role
    created_at: datetime
    created_by: str
    disabled_at: datetime | None
    password_changed_at: datetime | None
    password_hash: str | None = field(repr=False)

    @property
    def account(self) -> Account:
        """As every request needs it."""
        return Account(self.id, self.name, self.role)

    @property
    def is_usable_admin(self) -> bool:
        """Whether somebody can sign in with it and run the depot."""
        return self.role is Role.ADMIN and self.disabled_at is None and self.password_hash is not None


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret. ``scopes`` None is all that the role may; ``cidrs`` None is from everywhere."""

    id: str
    label: str
    scopes: frozenset[Scope] | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    cidrs: tuple[str, ...] | None
    owner: User
    secret_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token to be."""

    label: str
    scopes: frozenset[Scope]
    expires_at: datetime | None
    cidrs: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key whose owner signs requests. ``text`` is its wire format in Base64, ``fingerprint`` as ssh-keygen shows."""

    id: str
    label: str
    scopes: frozenset[Scope]
    fingerprint: str
    text: str
    created_at: datetime
    last_used_at: datetime | None
    owner: User


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that signed in."""

    id: str
    owner: User
    last_seen_at: datetime
    expires_at: datetime
    secret_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Seen:
    """A principal as administrators see it: who was seen, how known, and whose account it belongs to."""

    kind: PrincipalKind
    subject: str
    name: str
    first_seen_at: datetime
    account: str | None
