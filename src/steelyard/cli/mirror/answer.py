"""What came back from a mirror, and when: the raw material of all checks."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

Why = Literal["refused", "slow", "broken", "untrusted"]


@dataclass(frozen=True, slots=True)
class Answer:
    """``headers`` have names in small letters. ``body`` is the beginning of what was read, decoded.

    The times are seconds since the request was begun, connection included: until the status and the headers, until the
    first byte of the body (None when it has none) and until the last one that was read. ``received`` counts all bytes
    read; ``is_whole`` says whether the body was read to its end.
    """

    url: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    received: int = 0
    is_whole: bool = True
    headers_after: float = 0.0
    first_byte_after: float | None = None
    ended_after: float = 0.0

    @property
    def is_fine(self) -> bool:
        """Whether it is a 2xx."""
        return 200 <= self.status <= 299

    @property
    def target(self) -> str | None:
        """Where a redirect leads, as an absolute address; None when it is no redirect."""
        location = self.headers.get("location")
        return urljoin(self.url, location) if 300 <= self.status <= 399 and location else None

    @property
    def error_code(self) -> str | None:
        """What the hub's clients know an error by."""
        return self.headers.get("x-error-code")

    @property
    def path(self) -> str:
        """The path of the request, for people."""
        return urlsplit(self.url).path


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer, or one that broke off before its headers. ``reason`` is for people."""

    url: str
    why: Why
    reason: str
    seconds: float


Outcome = Answer | Silence


def members(outcome: Outcome | None) -> Mapping[str, Any]:
    """The JSON object of a good answer; empty for everything else."""
    said = document(outcome)
    return said if isinstance(said, dict) else {}


def rows(outcome: Outcome | None) -> list[Mapping[str, Any]]:
    """The objects in the JSON list of a good answer; empty for everything else."""
    said = document(outcome)
    return [row for row in said if isinstance(row, dict)] if isinstance(said, list) else []


def document(outcome: Outcome | None) -> object:
    """The JSON of a good answer, None for everything else."""
    if not isinstance(outcome, Answer) or not outcome.is_fine or not outcome.is_whole:
        return None
    return _json(outcome.body)


def problem(outcome: Outcome | None) -> Mapping[str, Any]:
    """The JSON object of a refusal, whatever form it has; empty when there is none."""
    said = _json(outcome.body) if isinstance(outcome, Answer) and not outcome.is_fine else None
    return said if isinstance(said, dict) else {}


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None
