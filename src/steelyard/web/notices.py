"""Short answers to what a person did: after a redirect they travel as a code, never as text."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

from steelyard.core.errors import SteelyardError
from steelyard.core.ref import InvalidReference, parse
from steelyard.web.shelf import Json


class Place(StrEnum):
    """Where on the page a notice stands: the id of the region."""

    PULL = "pull-answer"
    JOBS = "jobs-answer"
    MODEL = "model-answer"
    RUNNING = "running-answer"
    SIGN_IN = "sign-in-answer"
    ACCOUNT = "account-answer"
    TOKENS = "tokens-answer"
    KEYS = "keys-answer"
    PEOPLE = "people-answer"


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened, and what to do next if it went wrong; ``undo`` names the model to be restored."""

    place: Place
    text: str
    failed: bool = False
    hint: str | None = None
    undo: str | None = None


_TEXTS = {
    "queued": (Place.PULL, "{model} is on its way."),
    "running": (Place.PULL, "{model} is already coming in. You share the download."),
    "paused": (Place.PULL, "{model} is already asked for, and paused."),
    "succeeded": (Place.PULL, "{model} is already on the shelf."),
    "awaiting_approval": (
        Place.PULL,
        "{model} waits for an administrator. The downloads page says why; it goes on by itself once somebody agrees.",
    ),
    "cancel": (Place.JOBS, "Cancelled: {model}."),
    "pause": (Place.JOBS, "Paused: {model}."),
    "resume": (Place.JOBS, "Goes on: {model}."),
    "retry": (Place.JOBS, "Trying again: {model}."),
    "edit": (Place.MODEL, "Saved."),
    "delete": (Place.MODEL, "{model} is in the trash. Nobody is served it any more."),
    "restore": (Place.MODEL, "{model} is back on the shelf."),
    "purge": (Place.MODEL, "{model} is gone for good."),
    "unload": (Place.RUNNING, "{model} leaves memory, as soon as nobody uses it. Its files stay on the shelf."),
    "not-loaded": (Place.RUNNING, "{model} was not in memory any more."),
    "verify": (Place.MODEL, "Every file of {model} is being hashed again. What is found is shown here."),
}


def pull_code(answer: Json) -> str:
    """The code for an answer of ``POST /pull``."""
    status = answer.get("status")
    return status if status in ("running", "paused", "succeeded", "awaiting_approval") else "queued"


def notice(code: str, model: str) -> Notice:
    """The notice of a code. Raises KeyError for a code that nobody sends."""
    place, text = _TEXTS[code]
    return Notice(place, text.format(model=model), undo=model if code == "delete" else None)


def failure(place: Place, error: SteelyardError) -> Notice:
    """The notice for an error that a person caused or met."""
    return Notice(place, error.detail, failed=True, hint=error.hint)


def read_notice(parameters: Mapping[str, str]) -> Notice | None:
    """The notice of ``?notice=&model=`` after a redirect; None for anything that this depot would not send."""
    code, model = parameters.get("notice", ""), parameters.get("model", "")
    if code not in _TEXTS:
        return None
    try:
        return notice(code, str(parse(model)))
    except InvalidReference:
        return None


def noticed(path: str, code: str, model: str, **more: str) -> str:
    """A path on which the notice of this code stands, scrolled to it."""
    return f"{path}?{urlencode(more | {'notice': code, 'model': model})}#{_TEXTS[code][0]}"
