"""The lines of a batch, column by column: what the log takes, and what is wrong with the others. Pure.

A column has few different values (types, models, people, addresses), and each of them is judged once: by itself, each
line of 10,000 took three times as long.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from steelyard.db.sparse import is_used
from steelyard.usage.intake.parameters import ParameterReader, Parameters, Wrong, texts_of
from steelyard.usage.intake.reported import Read, Reported

AHEAD_MS = 300_000  # clocks go wrong by so much
_EPOCH, _MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
_TYPE = re.compile(r"[a-z0-9_.]{1,64}")
_LONGEST_AGENT = 200
_NUL_FIELDS = (
    "type", "event_type", "model", "model_id", "id", "username", "request_id", "error_code", "error_message",
    "ip_address", "user_agent", "session",
)  # fmt: skip
_VALUES = {name: attrgetter(name) for name in Reported.__struct_fields__}
Column = Sequence[Any]
Columns = Mapping[str, Column]  # by name of the field, all as long
Fault = tuple[int, str]  # the place of a line, and what is wrong with it


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that is not taken, by its place in the batch."""

    index: int
    detail: str


@dataclass(frozen=True, slots=True)
class Names:
    """What the lines of a batch name, each once."""

    models: Collection[str]
    people: Collection[str]
    addresses: Collection[str]


@dataclass(frozen=True, slots=True)
class Known:
    """What was found out for a whole batch: names of models as records have them, keys of people, addresses as they
    are kept; each by how it was reported, and a Wrong for what cannot be taken."""

    models: Mapping[str, str | Wrong]
    people: Mapping[str, int | Wrong]
    addresses: Mapping[str, str | Wrong]
    reporter: int | None  # whom an event belongs to that names nobody


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when events are taken, in milliseconds since 1970."""

    first_ms: int
    last_ms: int


class Taken(NamedTuple):
    """Lines that the log takes, as columns that are all as long; ``said`` has by their fields those that stay as they
    were sent. A principal is None for nobody in particular. Parameters are a word that many events share, or the
    event's own, or neither."""

    at_ms: Column
    types: Column
    models: Column
    principals: Column
    addresses: Column
    agents: Column
    shared: Column
    own: Column
    said: Columns


class Checker:
    """Checks the lines of one batch."""

    def __init__(self, known: Known, window: Window, parameters: ParameterReader, *, has_nul: bool) -> None:
        """``has_nul``: somewhere in the body a NUL is spelled, which PostgreSQL takes in no text."""
        self._known = known
        self._window = window
        self._parameters = parameters
        self._has_nul = has_nul

    def check(self, lines: Sequence[Read]) -> tuple[Taken, list[Rejected]]:
        """What is taken, and what is not."""
        wrong = {place: line for place, line in enumerate(lines) if isinstance(line, str)}
        places = [place for place in range(len(lines)) if place not in wrong] if wrong else range(len(lines))
        said = _columns([lines[place] for place in places] if wrong else lines)
        texts = texts_of(said["parameters"], said["generation_params"])
        read = self._parameters.read(texts)
        faults = dict(reversed([*self._faults(said, texts, read)]))  # what is found first is said
        if faults:
            wrong |= {places[place]: detail for place, detail in faults.items()}
            good = [place for place in range(len(texts)) if place not in faults]
            said = {name: [column[place] for place in good] for name, column in said.items()}
            texts = [texts[place] for place in good]
        rejected = [Rejected(place, wrong[place]) for place in sorted(wrong)]
        return self._taken(said, _sound(read[text] for text in texts)), rejected

    def _faults(self, said: Columns, texts: Sequence[bytes], read: Mapping[bytes, Any]) -> Iterator[Fault]:
        types, models = types_of(said), models_of(said)
        yield from _nul(said) if self._has_nul else ()
        yield from self._outside(moments_of(said))
        yield from _contradictions(said, types, models)
        yield from _judged(types, {kind: _type_fault(kind) for kind in set(types)})
        yield from _judged(models, self._known.models)
        yield from _judged(said["username"], self._known.people)
        yield from _judged(said["ip_address"], self._known.addresses)
        yield from _judged(texts, read)

    def _outside(self, moments: Sequence[int]) -> Iterator[Fault]:
        first, last = self._window.first_ms, self._window.last_ms
        if not moments or (min(moments) >= first and max(moments) <= last):
            return
        for place, at_ms in enumerate(moments):
            if at_ms > last:
                yield place, "timestamp lies more than 5 minutes ahead: one of both clocks is wrong"
            elif at_ms < first:
                yield place, "timestamp is older than single events are kept"

    def _taken(self, said: Columns, parameters: Sequence[Parameters]) -> Taken:
        known = self._known
        shared, own = _kept(said, parameters)
        return Taken(
            at_ms=moments_of(said),
            types=types_of(said),
            models=_found(models_of(said), known.models),
            principals=_found(said["username"], known.people, known.reporter),
            addresses=_found(said["ip_address"], known.addresses),
            agents=[agent[:_LONGEST_AGENT] if agent else None for agent in said["user_agent"]],
            shared=shared,
            own=own,
            said=said,
        )


def names_in(lines: Iterable[Read]) -> Names:
    """What these lines name."""
    events = [line for line in lines if not isinstance(line, str)]
    models = {event.model or event.model_id for event in events}
    return Names(
        models={model for model in models if model is not None},
        people={event.username for event in events if event.username is not None},
        addresses={event.ip_address for event in events if event.ip_address is not None},
    )


def moments_of(said: Columns) -> list[int]:
    """Whole milliseconds since 1970."""
    return [(moment - _EPOCH) // _MILLISECOND for moment in said["timestamp"]]


def types_of(said: Columns) -> Column:
    """The types, under either name."""
    return _either(said["type"], said["event_type"])


def models_of(said: Columns) -> Column:
    """The models as they were reported, under either name."""
    return _either(said["model"], said["model_id"])


def _columns(events: Sequence[Any]) -> Columns:
    return {name: list(map(value_of, events)) for name, value_of in _VALUES.items()}


def _either(column: Column, other: Column) -> Column:
    return [one or two for one, two in zip(column, other, strict=True)] if is_used(other) else column


def _judged(column: Column, verdicts: Mapping[Any, Any]) -> Iterator[Fault]:
    bad = {value: str(found) for value, found in verdicts.items() if isinstance(found, Wrong)}
    return ((place, bad[value]) for place, value in enumerate(column) if value in bad) if bad else iter(())


def _nul(said: Columns) -> Iterator[Fault]:
    for place, values in enumerate(zip(*(said[name] for name in _NUL_FIELDS), strict=True)):
        if any("\0" in (value or "") for value in values):
            yield place, "A NUL character stands in one of the texts"


def _contradictions(said: Columns, types: Column, models: Column) -> Iterator[Fault]:
    for other, column in ((said["event_type"], types), (said["model_id"], models)):
        for place, (one, two) in enumerate(zip(other, column, strict=True) if is_used(other) else ()):
            if one not in {None, two}:
                yield place, "type and event_type, or model and model_id, do not say the same"


def _type_fault(kind: str | None) -> Wrong | None:
    if kind is None:
        return Wrong("type is missing")
    return None if _TYPE.fullmatch(kind) else Wrong("type has other letters than a-z, 0-9, '_' and '.'")


def _found(column: Column, known: Mapping[str, Any], missing: Any = None) -> Column:
    return [known[value] if value is not None else missing for value in column]


def _sound(found: Iterable[Parameters | Wrong]) -> list[Parameters]:
    """All of them, since lines with others are gone."""
    return [each for each in found if not isinstance(each, Wrong)]


def _kept(said: Columns, parameters: Sequence[Parameters]) -> tuple[Column, Column]:
    """Parameters as words and as the events' own; what has no column of its own stands among the latter."""
    speeds, messages = said["generation_speed"], said["error_message"]
    if not (is_used(speeds) or is_used(messages)):
        return [each.shared for each in parameters], [each.own for each in parameters]
    lines = [*zip(speeds, messages, parameters, strict=True)]
    return (
        [each.shared if speed is text is None else None for speed, text, each in lines],
        [each.own if speed is text is None else _saying(each, speed, text) for speed, text, each in lines],
    )


def _saying(parameters: Parameters, speed: float | None, message: str | None) -> dict[str, Any]:
    return parameters.saying({"generation_speed": speed, "error_message": message})
