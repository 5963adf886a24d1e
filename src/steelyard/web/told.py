"""Short answers to what was done about people: after a redirect they travel as a code and a name, never as text."""

from collections.abc import Mapping
from math import ceil
from urllib.parse import urlencode

from steelyard.core.errors import Invalid, SteelyardError, TooManyRequests
from steelyard.core.units import format_duration
from steelyard.identity.accounts.errors import BadAccountName
from steelyard.identity.accounts.names import account_name
from steelyard.web.notices import Notice, Place

_TEXTS = {
    "left": (Place.SIGN_IN, "You are signed out."),
    "left-everywhere": (Place.SIGN_IN, "You are signed out, in this browser and everywhere else."),
    "own-password": (Place.ACCOUNT, "Your password is changed. All other browsers are signed out."),
    "revoked": (Place.TOKENS, "The token is revoked. Nobody can use it any more."),
    "key-added": (Place.KEYS, "The key is registered. What it signs counts as yours now."),
    "key-removed": (Place.KEYS, "The key is removed. What it signs is nobody's any more."),
    "added": (Place.PEOPLE, "{name} has an account now."),
    "role": (Place.PEOPLE, "{name} has another role now, and must sign in again."),
    "disable": (Place.PEOPLE, "{name} is disabled: no password and no token of theirs is good any more."),
    "enable": (Place.PEOPLE, "{name} is enabled again."),
    "password": (Place.PEOPLE, "{name} has a new password. Every browser of theirs is signed out."),
    "sign-out": (Place.PEOPLE, "{name} is signed out everywhere."),
    "delete": (Place.PEOPLE, "The account of {name} is deleted. What they did stays in the history."),
    "approve": (Place.PEOPLE, "Approved: the request goes on."),
    "deny": (Place.PEOPLE, "Denied. Whoever asked for it reads why."),
    "link": (Place.PEOPLE, "Linked to {name}."),
    "unlink": (Place.PEOPLE, "No longer linked to {name}."),
}


def told(path: str, code: str, name: str = "") -> str:
    """A path on which the notice of this code stands, scrolled to it."""
    parameters = {"notice": code} | ({"name": name} if name else {})
    return f"{path}?{urlencode(parameters)}#{_TEXTS[code][0]}"


def read_told(parameters: Mapping[str, str]) -> Notice | None:
    """The notice of ``?notice=&name=``; None for anything that this depot would not send."""
    place, text = _TEXTS.get(parameters.get("notice", ""), (None, ""))
    if place is None:
        return None
    try:
        return Notice(place, text.format(name=account_name(parameters["name"])) if "{" in text else text)
    except (KeyError, BadAccountName):
        return None


def refused(place: Place, error: SteelyardError) -> Notice:
    """The notice for an error that somebody caused or met, with the seconds to wait where there are any."""
    if isinstance(error, TooManyRequests) and error.retry_after is not None:
        left = format_duration(max(1, ceil(error.retry_after)))
        return Notice(place, f"{error.detail} Try again in {left}.", True, "An administrator can set a new password.")
    text = f"{error.title}. {error.detail}" if isinstance(error, Invalid) else error.detail
    return Notice(place, text, failed=True, hint=error.hint)
