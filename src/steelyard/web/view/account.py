"""Who one is here."""

from dataclasses import dataclass
from datetime import datetime

from steelyard.identity.roles import Role
from steelyard.web.people import AccountState
from steelyard.web.words import Moment, moment

_KNOWN = {
    "account": "by your password, in this browser",
    "tailnet": "by the tailnet that you come from",
    "proxy": "by the proxy in front of this depot",
    "declared": "by what you call yourself; nobody has checked it",
    "address": "only by your address",
}


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody's own view of themselves. ``role`` and ``account`` are None for whom nobody knows.

    ``takes_password``: a person and no program; ``has_password``: the present one is asked for.
    """

    name: str
    account: str | None
    role: str | None
    meaning: str | None
    known: str
    since: Moment | None
    password_changed: Moment | None
    takes_password: bool
    has_password: bool


def account(state: AccountState, now: datetime) -> Account:
    """The answers of the API as the page shows them."""
    me, user = state.me, state.user or {}
    return Account(
        name=me["username"],
        account=me["account"],
        role=me["role"],
        meaning=None if me["role"] is None else Role(me["role"]).meaning,
        known="by a token" if str(me["credential"]).startswith("token:") else _KNOWN[me["identified_by"]],
        since=moment(user.get("created_at"), now),
        password_changed=moment(user.get("password_changed_at"), now),
        takes_password=bool(user) and user["role"] != Role.SERVICE,
        has_password=bool(user.get("has_password")),
    )
