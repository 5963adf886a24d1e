"""Tokens of programs: those that there are, the one that was made just now, and the form for another."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from steelyard.identity.roles import Scope
from steelyard.web.badges import Badge, Tone
from steelyard.web.people import AccountState
from steelyard.web.people_forms import TokenForm
from steelyard.web.shelf import Json
from steelyard.web.words import Moment, due, moment

_STATUS = {
    "active": Badge("active", Tone.GOOD, "Whoever shows it comes in."),
    "expired": Badge("expired", Tone.QUIET, "Its time is over."),
    "revoked": Badge("revoked", Tone.QUIET, "It was taken back."),
    "disabled": Badge("disabled", Tone.WARN, "Its account is disabled."),
}
_OWN = "change your password, and make and revoke your tokens"


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One token. ``expires`` is None for one that is good for ever, ``used`` for one that nobody has used yet."""

    id: str
    label: str
    owner: str
    badge: Badge
    scopes: str
    networks: str | None
    used: Moment | None
    expires: Moment | None
    revocable: bool


@dataclass(frozen=True, slots=True)
class FreshToken:
    """A new token with its text, and the lines to copy."""

    label: str
    owner: str
    text: str
    lines: str
    expires: Moment | None


@dataclass(frozen=True, slots=True)
class Box:
    """One scope to tick."""

    name: str
    meaning: str
    ticked: bool


@dataclass(frozen=True, slots=True)
class TokenFields:
    """What stands in the form for a new token; ``refused``: it was sent, and could not be used."""

    label: str
    user: str
    days: str
    boxes: tuple[Box, ...]
    refused: bool


def tokens(found: Sequence[Json], now: datetime) -> tuple[TokenRow, ...]:
    """Tokens of the API as rows."""
    return tuple(_row(token, now) for token in found)


def fresh_token(made: Json, address: str, now: datetime) -> FreshToken:
    """The answer to whoever made one, of a depot at this address."""
    text = str(made["token"])
    return FreshToken(
        label=made["label"],
        owner=made["username"],
        text=text,
        lines=f"export STEELYARD_URL={address}\nexport STEELYARD_TOKEN={text}",
        expires=_end(made, now),
    )


def token_fields(state: AccountState, form: TokenForm | None) -> TokenFields:
    """The form for a token of one's own: as it was sent, or with what is usual."""
    scopes = [Scope(name) for name in state.scopes]
    return _fields(scopes, state.usual, form or TokenForm(days=str(state.days)), refused=form is not None)


def any_token_fields(days: int, form: TokenForm | None) -> TokenFields:
    """The form for a token of anybody."""
    usual = [scope.value for scope in Scope if scope is not Scope.ADMIN]
    return _fields(list(Scope), usual, form or TokenForm(days=str(days)), refused=form is not None, is_own=False)


def _fields(
    scopes: Collection[Scope], usual: Collection[str], form: TokenForm, *, refused: bool, is_own: bool = True
) -> TokenFields:
    ticked = form.scopes if refused else usual
    is_admin = Scope.ADMIN in usual
    boxes = tuple(
        Box(scope.value, _meaning(scope, is_own=is_own and not is_admin), scope.value in ticked) for scope in scopes
    )
    return TokenFields(form.label, form.user, form.days, boxes, refused)


def _meaning(scope: Scope, *, is_own: bool) -> str:
    return _OWN if scope is Scope.ADMIN and is_own else scope.meaning


def _row(token: Json, now: datetime) -> TokenRow:
    scopes, networks = token["scopes"], token["cidrs"]
    return TokenRow(
        id=token["id"],
        label=token["label"],
        owner=token["username"],
        badge=_STATUS[token["status"]],
        scopes="all that the role may" if scopes is None else ", ".join(scopes),
        networks=None if networks is None else ", ".join(networks),
        used=moment(token["last_used_at"], now),
        expires=_end(token, now),
        revocable=token["status"] != "revoked",
    )


def _end(token: Json, now: datetime) -> Moment | None:
    return (moment if token.get("status") == "expired" else due)(token["expires_at"], now)
