"""Asks a mirror everything that the checks need to see: some twenty small requests, one after the other."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from steelyard.cli.mirror.answer import Outcome, Silence, members
from steelyard.cli.mirror.asker import Asker
from steelyard.cli.mirror.observed import Choice, Observed
from steelyard.cli.mirror.place import Place
from steelyard.cli.mirror.repository import look_at
from steelyard.cli.mirror.seat import Seat
from steelyard.cli.mirror.speech import speaks

NO_MODEL = "steelyard-doctor/no-such-model"
_LONG = 64 << 20  # bytes: repositories with a hundred thousand files are told in less
_BARE = {"User-Agent": "unknown/None"}  # the first call of a client brings no token


def observe(asker: Asker, seat: Seat, candidates: Sequence[Place], model: str | None) -> Observed:
    """Everything seen of the first of the places that speaks the hub's protocol, else of the first one."""
    met: list[tuple[Place, Outcome]] = []
    for place in candidates:
        hello = asker.ask("GET", f"{place.base}/api/agent-harnesses", _BARE)
        met.append((place, hello))
        if isinstance(hello, Silence):
            break
        whoami = asker.ask("GET", f"{place.base}/api/whoami-v2", seat.headers)
        if speaks(hello, whoami):
            return _examine(asker, seat, place, hello, _tried(met), whoami, model)
    first, hello = met[0]
    return Observed(seat, first, _tried(met), hello, None if isinstance(hello, Silence) else _me(asker, seat, first))


def _examine(
    asker: Asker, seat: Seat, place: Place, hello: Outcome, tried: list[str], whoami: Outcome, model: str | None
) -> Observed:
    choice = _choose(asker, seat, place, model)
    info = _info(asker, seat, place, choice.name) if choice.name else None
    commit = members(info).get("sha")
    return Observed(
        seat,
        place,
        tried,
        hello,
        me=_me(asker, seat, place),
        whoami=whoami,
        missing_repo=_info(asker, seat, place, NO_MODEL),
        choice=choice,
        info=info,
        model=look_at(asker, seat, place, choice, str(commit)) if choice.name and commit else None,
    )


def _tried(met: Sequence[tuple[Place, Outcome]]) -> list[str]:
    return [place.base for place, _ in met]


def _choose(asker: Asker, seat: Seat, place: Place, model: str | None) -> Choice:
    listing, name = None, model
    if name is None:
        listing = asker.ask("GET", f"{place.root}/api/models?status=ready&limit=50", seat.depot_headers)
        name = next(map(str, filter(None, map(_hub_name, _objects(listing, "models")))), None)
    if name is None:
        return Choice(None, listing=listing)
    known = asker.ask("GET", f"{place.root}/api/models/{quote(name)}", seat.depot_headers, most=_LONG, keep=_LONG)
    stored = {str(file.get("path")) for file in _objects(known, "files") if file.get("state") == "stored"}
    return Choice(name, stored, listing)


def _objects(outcome: Outcome, name: str) -> list[Mapping[str, object]]:
    found = members(outcome).get(name)
    return [line for line in found if isinstance(line, dict)] if isinstance(found, list) else []


def _hub_name(line: Mapping[str, object]) -> object:
    """The name of a model that came from the hub, None for anything else."""
    return line.get("model") if (line.get("source"), line.get("kind")) == ("huggingface", "model") else None


def _info(asker: Asker, seat: Seat, place: Place, model: str) -> Outcome:
    return asker.ask("GET", f"{place.base}/api/models/{quote(model)}", seat.headers, most=_LONG, keep=_LONG)


def _me(asker: Asker, seat: Seat, place: Place) -> Outcome:
    return asker.ask("GET", f"{place.root}/api/v1/me", seat.depot_headers)
