"""One request described, apart from sending it: what both clients send."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import get_annotations
from typing import Any, Generic, TypeVar, cast

from steelyard.client.errors import UnexpectedAnswer

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Value = str | int | bool | None
Json = Mapping[str, Any]

# Not DELETE: sent again after a lost answer it would report its own success as "not found".
IDEMPOTENT = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the HTTP status, the decoded JSON body (None when the body is empty), and from which address."""

    status: int
    payload: object
    url: str = "The address"


@dataclass(frozen=True, slots=True)
class Call(Generic[T_co]):
    """A request and how its answer is read.

    ``path`` is absolute below the server's address and already quoted; ``parse`` may raise UnexpectedAnswer.
    ``also_answers`` are error statuses that are an answer here (readiness says 503), so neither raised nor retried.
    ``patience`` is how many seconds this answer may take, where the connection's own time-out would be too short.
    ``lines`` is a body of JSON texts, one to a line, instead of ``json``.
    """

    method: str
    path: str
    parse: Callable[[Answer], T_co]
    params: Mapping[str, Value] = field(default_factory=dict)
    json: Json | None = None
    also_answers: frozenset[int] = frozenset()
    patience: float | None = None
    lines: bytes | None = None

    @property
    def query(self) -> dict[str, str]:
        """The parameters that were given, as text."""
        return query_of(self.params)

    @property
    def idempotent(self) -> bool:
        """Whether sending it again gives the answer that was lost."""
        return self.method in IDEMPOTENT


def shape(kind: type[T]) -> Callable[[Answer], T]:
    """A parser for one JSON object of that TypedDict: servers may send more or less of it, strangers nothing."""
    ours = get_annotations(kind).keys()

    def parse(answer: Answer) -> T:
        said = _members(answer)
        if ours.isdisjoint(said):
            raise unexpected(answer.url, "its JSON is of another kind")
        return cast("T", said)

    return parse


def page(kind: type[T], items: str) -> Callable[[Answer], T]:
    """A parser for ``{"count": …, items: […]}``."""

    def parse(answer: Answer) -> T:
        said = _members(answer)
        if not isinstance(said.get(items), list) or not isinstance(said.get("count"), int):
            raise unexpected(answer.url, f"a list of {items} was expected")
        return cast("T", said)

    return parse


def nothing(answer: Answer) -> None:
    """A parser for answers without a body."""


def unexpected(url: str, reason: str) -> UnexpectedAnswer:
    """The error for an answer that no depot gives."""
    return UnexpectedAnswer(
        f"{url} answers, but is no Steelyard server: {reason}.",
        hint="Check the address: STEELYARD_URL, or --url on the command line.",
    )


def query_of(params: Mapping[str, Value]) -> dict[str, str]:
    """The parameters that were given, as text."""
    return {name: _as_text(value) for name, value in params.items() if value is not None}


def given(members: Mapping[str, Value | Sequence[str]]) -> dict[str, Value | Sequence[str]]:
    """The members of a JSON body that were given."""
    return {name: value for name, value in members.items() if value is not None}


def _members(answer: Answer) -> dict[str, object]:
    if not isinstance(answer.payload, dict):
        raise unexpected(answer.url, "a JSON object was expected")
    return answer.payload


def _as_text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
