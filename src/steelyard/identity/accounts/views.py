"""Accounts, tokens and principals as answers show them: never a secret, nor its hash."""

from datetime import datetime
from typing import Any

from steelyard.core.clock import iso
from steelyard.identity.accounts.models import PublicKey, Seen, Token
from steelyard.identity.accounts.sessions import SignedIn
from steelyard.identity.accounts.users import Card
from steelyard.identity.principal import Caller, PrincipalKind


def user_json(card: Card) -> dict[str, Any]:
    """One account."""
    user = card.user
    return {
        "username": user.name,
        "role": user.role.value,
        "disabled": user.disabled_at is not None,
        "has_password": user.password_hash is not None,
        "created_at": iso(user.created_at),
        "created_by": user.created_by,
        "disabled_at": _moment(user.disabled_at),
        "password_changed_at": _moment(user.password_changed_at),
        "principals": [{"kind": kind.value, "subject": subject} for kind, subject in card.links],
    }


def token_json(token: Token, now: datetime) -> dict[str, Any]:
    """One token."""
    return {
        "id": token.id,
        "username": token.owner.name,
        "label": token.label,
        "status": token_status(token, now),
        "scopes": None if token.scopes is None else sorted(scope.value for scope in token.scopes),
        "cidrs": None if token.cidrs is None else list(token.cidrs),
        "created_at": iso(token.created_at),
        "expires_at": _moment(token.expires_at),
        "last_used_at": _moment(token.last_used_at),
        "revoked_at": _moment(token.revoked_at),
    }


def token_status(token: Token, now: datetime) -> str:
    """Whether it is good for anything."""
    if token.revoked_at is not None:
        return "revoked"
    if token.expires_at is not None and token.expires_at <= now:
        return "expired"
    return "disabled" if token.owner.disabled_at is not None else "active"


def public_key_json(key: PublicKey) -> dict[str, Any]:
    """One public key."""
    return {
        "id": key.id,
        "username": key.owner.name,
        "label": key.label,
        "fingerprint": key.fingerprint,
        "public_key": f"ssh-ed25519 {key.text}",
        "status": "active" if key.owner.disabled_at is None else "disabled",
        "scopes": sorted(scope.value for scope in key.scopes),
        "created_at": iso(key.created_at),
        "last_used_at": _moment(key.last_used_at),
    }


def seen_json(seen: Seen) -> dict[str, Any]:
    """One principal."""
    return {
        "kind": seen.kind.value,
        "subject": seen.subject,
        "name": seen.name,
        "first_seen_at": iso(seen.first_seen_at),
        "account": seen.account,
    }


def me_json(caller: Caller, mode: str) -> dict[str, Any]:
    """Who asks, how we know, and what they may do."""
    access = caller.access
    return {
        "username": caller.name,
        "account": access.account,
        "role": None if access.role is None else access.role.value,
        "identified_by": caller.identified_by,
        "scopes": None if access.scopes is None else sorted(scope.value for scope in access.scopes),
        "credential": access.credential,
        "mode": mode,
    }


def signed_in_json(who: SignedIn, mode: str) -> dict[str, Any]:
    """The same, of whoever signed in just now."""
    return {
        "username": who.user.name,
        "account": who.user.name,
        "role": who.user.role.value,
        "identified_by": PrincipalKind.ACCOUNT.value,
        "scopes": None,
        "credential": f"session:{who.session}",
        "mode": mode,
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
