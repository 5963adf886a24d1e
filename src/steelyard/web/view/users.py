"""Accounts, and whom the depot knows without one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from steelyard.identity.roles import Role
from steelyard.web.badges import Badge, Tone
from steelyard.web.people import Strangers
from steelyard.web.shelf import Json
from steelyard.web.view.choices import Option
from steelyard.web.words import Moment, counted, moment

_DISABLED = Badge("disabled", Tone.WARN, "No password and no token of theirs is good.")
_ENABLED = Badge("enabled", Tone.GOOD, "They can come in.")
_SERVICE = Role.SERVICE.value
_ROLES = (Role.VIEWER, Role.MEMBER, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Principal:
    """One way in which the depot knows somebody, such as the name that the tailnet tells."""

    kind: str
    subject: str
    name: str
    seen: Moment | None = None


@dataclass(frozen=True, slots=True)
class UserRow:
    """One account. ``roles`` are those that it can have: programs stay programs. ``enters`` says how it comes in."""

    name: str
    role: str
    badge: Badge
    disabled: bool
    is_service: bool
    enters: str
    since: Moment | None
    made_by: str
    principals: tuple[Principal, ...]
    roles: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class StrangerList:
    """Whom the tailnet or a proxy vouches for; ``more`` counts all of them where some are not shown."""

    rows: tuple[Principal, ...]
    more: str | None


def users(found: Sequence[Json], now: datetime) -> tuple[UserRow, ...]:
    """Accounts of the API as rows."""
    return tuple(_row(user, now) for user in found)


def strangers(found: Strangers, now: datetime) -> StrangerList:
    """Who could be given an account."""
    rows = tuple(
        Principal(one["kind"], one["subject"], one["name"], moment(one["first_seen_at"], now))
        for one in found.principals
    )
    return StrangerList(rows, counted(found.total, "stranger") if found.total > len(rows) else None)


def role_options(chosen: str) -> tuple[Option, ...]:
    """Every role with its meaning."""
    return tuple(Option(role.value, f"{role.value}: {role.meaning}", role.value == chosen) for role in Role)


def _row(user: Json, now: datetime) -> UserRow:
    service = user["role"] == _SERVICE
    return UserRow(
        name=user["username"],
        role=user["role"],
        badge=_DISABLED if user["disabled"] else _ENABLED,
        disabled=user["disabled"],
        is_service=service,
        enters=_enters(user),
        since=moment(user["created_at"], now),
        made_by=user["created_by"],
        principals=tuple(Principal(one["kind"], one["subject"], one["subject"]) for one in user["principals"]),
        roles=() if service else tuple(Option(role.value, role.value, role.value == user["role"]) for role in _ROLES),
    )


def _enters(user: Json) -> str:
    if user["role"] == _SERVICE:
        return "with tokens"
    return "with a password" if user["has_password"] else "without a password"
