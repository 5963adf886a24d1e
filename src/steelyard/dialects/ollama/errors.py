"""Our errors as Ollama tells them: ``{"error": "text"}``, always a text, with its status. Pure but for the response.

Clients print the text as it is, so the next step stands in it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from steelyard.catalog.errors import ModelMissing
from steelyard.core.errors import Invalid, SteelyardError, Unauthorized
from steelyard.http.plain import PlainJson

_BAD_REQUEST, _UNREADABLE = 400, 422


@dataclass(frozen=True, slots=True)
class Told:
    """An answer in Ollama's shape."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


def text_of(error: SteelyardError, model: str | None = None) -> str:
    """What clients show. ``model`` is the name that was asked for: a missing one begins with Ollama's own words."""
    said = _text(error.detail, error.hint)
    if model is None or not isinstance(error, ModelMissing):
        return said
    return f'model "{model[:200]}" not found, try pulling it first. {said}'


def refusal(error: SteelyardError, model: str | None = None) -> Response:
    """The answer for one of our errors."""
    headers = {} if error.retry_after is None else {"Retry-After": str(max(1, math.ceil(error.retry_after)))}
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = 'Bearer realm="steelyard"'
    status = _BAD_REQUEST if isinstance(error, Invalid) else error.status
    return PlainJson({"error": text_of(error, model)}, status, headers)


def of_problem(status: int, problem: Mapping[str, Any]) -> Told:
    """The answer in place of a problem document (RFC 9457) that somebody else has made."""
    said = _text(str(problem.get("detail") or problem.get("title") or ""), problem.get("hint"))
    return Told(_BAD_REQUEST if status == _UNREADABLE else status, {"error": said})


def _text(detail: str, hint: str | None) -> str:
    whole = detail if detail.endswith((".", "!", "?")) else f"{detail}."
    return f"{whole} {hint}" if hint else detail
