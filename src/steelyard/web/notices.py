"""Short answers to what a person did: after a redirect they travel as a code, never as text."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from steelyard.core.errors import SteelyardError
from steelyard.core.ref import InvalidReference, parse
from steelyard.web.shelf import Json


class Place(StrEnum):
    """Where on the page a notice stands: the id of the region."""

    PULL = "pull-answer"
    JOBS = "jobs-answer"


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened, and what to do next if it went wrong."""

    place: Place
    text: str
    failed: bool = False
    hint: str | None = None


_TEXTS = {
    "queued": (Place.PULL, "{model} is on its way."),
    "running": (Place.PULL, "{model} is already coming in. You share the download."),
    "paused": (Place.PULL, "{model} is already asked for, and paused."),
    "succeeded": (Place.PULL, "{model} is already on the shelf."),
    "cancel": (Place.JOBS, "Cancelled: {model}."),
    "pause": (Place.JOBS, "Paused: {model}."),
    "resume": (Place.JOBS, "Goes on: {model}."),
    "retry": (Place.JOBS, "Trying again: {model}."),
}


def pull_code(answer: Json) -> str:
    """The code for an answer of ``POST /pull``."""
    status = answer.get("status")
    return status if status in ("running", "paused", "succeeded") else "queued"


def notice(code: str, model: str) -> Notice:
    """The notice of a code. Raises KeyError for a code that nobody sends."""
    place, text = _TEXTS[code]
    return Notice(place, text.format(model=model))


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
