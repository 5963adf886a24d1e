"""Each line of a batch by itself: what the log takes, and what is wrong with the others. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from steelyard.usage.events import USES, EventType, milliseconds
from steelyard.usage.intake.parameters import ParameterReader, Parameters, Wrong
from steelyard.usage.intake.reported import Read, Reported

T = TypeVar("T")
AHEAD_MS = 300_000  # clocks go wrong by so much
_TYPE = re.compile(r"[a-z0-9_.]{1,64}")
_LONGEST_AGENT = 200
_NUL_FIELDS = (
    "type", "event_type", "model", "model_id", "id", "username", "request_id", "error_code", "error_message",
    "ip_address", "user_agent", "session",
)  # fmt: skip


class Line(NamedTuple):
    """An event that the log takes. ``principal`` is None for nobody in particular."""

    event: Reported
    at_ms: int
    type: str
    model: str | None
    principal: int | None
    address: str | None
    agent: str | None
    parameters: Parameters

    @property
    def is_start(self) -> bool:
        """Whether its end will come: no request by itself, as counting has it."""
        event = self.event
        if event.request_id is None:
            return False
        return self.type == EventType.GENERATION_STARTED or (
            self.type == EventType.GENERATION_REQUEST and event.success is None
        )

    @property
    def is_end(self) -> bool:
        """Whether it may be the end of something that began."""
        return self.event.request_id is not None and self.type in USES


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that is not taken, by its place in the batch."""

    index: int
    detail: str


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


class Checker:
    """Checks the lines of one batch."""

    def __init__(self, known: Known, window: Window, parameters: ParameterReader, *, has_nul: bool) -> None:
        """``has_nul``: somewhere in the body a NUL is spelled, which PostgreSQL takes in no text."""
        self._known = known
        self._window = window
        self._parameters = parameters
        self._has_nul = has_nul
        self._types: set[str] = set()

    def check(self, lines: Iterable[Read]) -> tuple[list[Line], list[Rejected]]:
        """What is taken, and what is not."""
        taken: list[Line] = []
        rejected: list[Rejected] = []
        for index, line in enumerate(lines):
            try:
                taken.append(self._line(line))
            except Wrong as wrong:
                rejected.append(Rejected(index, str(wrong)))
        return taken, rejected

    def _line(self, event: Read) -> Line:
        if isinstance(event, str):
            raise Wrong(event)
        if self._has_nul and any("\0" in (getattr(event, name) or "") for name in _NUL_FIELDS):
            raise Wrong("A NUL character stands in one of the texts")
        agent, known = event.user_agent, self._known
        model, address = model_of(event), event.ip_address
        return Line(
            event,
            self._moment(event),
            self._type(event),
            None if model is None else _found(known.models, model),
            known.reporter if event.username is None else _found(known.people, event.username),
            None if address is None else _found(known.addresses, address),
            agent[:_LONGEST_AGENT] if agent else None,
            self._parameters.read(event),
        )

    def _moment(self, event: Reported) -> int:
        at_ms = milliseconds(event.timestamp)
        if at_ms > self._window.last_ms:
            raise Wrong("timestamp lies more than 5 minutes ahead: one of both clocks is wrong")
        if at_ms < self._window.first_ms:
            raise Wrong("timestamp is older than single events are kept")
        return at_ms

    def _type(self, event: Reported) -> str:
        found = event.type or event.event_type
        if event.event_type not in {None, found} or event.model_id not in {None, model_of(event)}:
            raise Wrong("type and event_type, or model and model_id, do not say the same")
        if found in self._types:
            return found
        if found is None:
            raise Wrong("type is missing")
        if _TYPE.fullmatch(found) is None:
            raise Wrong("type has other letters than a-z, 0-9, '_' and '.'")
        self._types.add(found)
        return found


def model_of(event: Reported) -> str | None:
    """The model as it was reported."""
    return event.model or event.model_id


def events_of(lines: Sequence[Read]) -> list[Reported]:
    """Those of the lines that could be read."""
    return [line for line in lines if not isinstance(line, str)]


def _found(known: Mapping[str, T | Wrong], text: str) -> T:
    found = known[text]
    if isinstance(found, Wrong):
        raise Wrong(*found.args)
    return found
