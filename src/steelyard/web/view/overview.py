"""The numbers on top and what happened last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from steelyard.core.units import format_size
from steelyard.web.shelf import Json, Overview
from steelyard.web.words import Moment, count, counted, moment

_VERBS = {
    "request": "asked for",
    "download": "got",
    "get": "looked at",
    "list": "looked through the shelf",
    "update": "changed",
    "delete": "deleted",
    "generation_completed": "used",
    "generation_failed": "got no answer from",
    "model_load": "loaded",
    "model_unload": "unloaded",
}
_BY_ITSELF = frozenset({"model_load", "model_unload"})


@dataclass(frozen=True, slots=True)
class Tile:
    """One big number: ``beside`` stands smaller next to it, ``note`` says what it means.

    ``path`` leads to the list behind it.
    """

    label: str
    value: str
    note: str
    path: str
    beside: str | None = None


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """One line of what happened: who, verb, model, when."""

    who: str
    verb: str
    model: str | None
    when: Moment | None


def tiles(overview: Overview) -> tuple[Tile, ...]:
    """The four numbers on top of the page."""
    free = overview.bytes_free
    room = None if free is None else f"{format_size(free)} free"
    calls = counted(overview.requests, "call")
    return (
        Tile("Models on the shelf", count(overview.models), "complete or in part; without the trash", "/#library"),
        Tile(
            "Stored",
            format_size(overview.bytes_held),
            "what models share is counted once",
            "/?sort=size#library",
            room,
        ),
        Tile("People", count(overview.people), "have asked this depot for something", "/downloads#history"),
        Tile(
            "Downloads",
            count(overview.downloads),
            f"requests that were served, of {calls} of the API",
            "/downloads?status=completed#history",
        ),
    )


def activity(lines: Sequence[Json], now: datetime) -> tuple[ActivityLine, ...]:
    """The last actions, in the order given."""
    return tuple(
        ActivityLine(
            who=line.get("username") or line.get("ip_address") or _nobody(line["action"]),
            verb=_VERBS.get(line["action"]) or line["action"].replace("_", " "),
            model=line.get("model"),
            when=moment(line.get("timestamp"), now),
        )
        for line in lines
    )


def _nobody(action: str) -> str:
    return "the depot" if action in _BY_ITSELF else "somebody"
