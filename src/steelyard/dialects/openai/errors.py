"""Our errors as OpenAI's answers, so that every client raises what it raises for OpenAI.

Clients choose the class by the status, and read ``message``, ``type``, ``param`` and ``code``. They try again twice, on
408, 409, 429 and every 5xx, unless ``x-should-retry`` says otherwise; they wait as ``Retry-After`` says
(``_base_client.py``). An answer that took too long once would take too long three times.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from steelyard.catalog.errors import ModelDeleted, ModelInactive, ModelMissing
from steelyard.core.errors import BadRequest, Forbidden, Invalid, SteelyardError, TooManyRequests, Unauthorized
from steelyard.core.ref import InvalidReference
from steelyard.engines.errors import CannotLoad, EngineMissing, PromptTooLong, TooLarge
from steelyard.serving.errors import (
    BadContent,
    BadTimeout,
    CannotDo,
    LoadCoolingDown,
    ModelNotReady,
    NoLogprobs,
    WrongModel,
)

_PATIENCE = 2  # seconds, where an error does not say how long
_WAIT = frozenset({429, 503})
_IN_VAIN = frozenset({408, 504, 507})
_TYPES = {401: "authentication_error", 403: "permission_error", 408: "timeout_error", 429: "rate_limit_error"}
_UNREADABLE = 422
_NOT_HERE = frozenset({404, 405})
_HERE = (
    "Use POST /v1/chat/completions, /v1/completions or /v1/embeddings, or GET /v1/models; DELETE /api/models/{name} "
    "deletes a model."
)


class BadField(BadRequest):
    """Something in the body is not what it should be; ``param`` says where."""

    slug = "invalid-value"
    title = "The request is not valid"

    def __init__(self, detail: str, *, param: str | None = None, hint: str | None = None) -> None:
        super().__init__(detail, hint=hint)
        self.param = param


@dataclass(frozen=True, slots=True)
class Rule:
    """How one class of errors goes out: with its own slug as the code and under its own status unless one is named."""

    code: str | None = None
    param: str | None = None
    status: int | None = None


RULES: Mapping[type[SteelyardError], Rule] = {
    Unauthorized: Rule("invalid_api_key"),
    ModelMissing: Rule("model_not_found", "model"),
    ModelDeleted: Rule("model_not_found", "model", 404),
    ModelInactive: Rule(param="model"),
    ModelNotReady: Rule(param="model"),
    WrongModel: Rule(param="model"),
    EngineMissing: Rule(param="model"),
    CannotLoad: Rule(param="model"),
    TooLarge: Rule(param="model"),
    LoadCoolingDown: Rule(param="model"),
    InvalidReference: Rule(param="model", status=400),
    PromptTooLong: Rule("context_length_exceeded", "messages"),
    BadTimeout: Rule(param="timeout"),
    BadContent: Rule(param="messages"),
    CannotDo: Rule(param="tools"),
    NoLogprobs: Rule(param="logprobs"),
    Invalid: Rule(status=400),
    TooManyRequests: Rule("rate_limit_exceeded"),
    Forbidden: Rule(),
    SteelyardError: Rule(),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A refusal as the wire has it."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


def answer(error: SteelyardError) -> Told:
    """The answer for one of our errors, also for one within a stream."""
    rule = next(RULES[kind] for kind in type(error).__mro__ if kind in RULES)
    status = rule.status or error.status
    param = error.param if isinstance(error, BadField) else rule.param
    headers = _waiting(status, error.retry_after)
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = 'Bearer realm="steelyard"'
    return Told(status, _body(status, _text(error.detail, error.hint), param, rule.code or error.slug), headers)


def of_problem(status: int, problem: Mapping[str, Any]) -> Told:
    """The answer in place of a problem document (RFC 9457) that somebody else has made."""
    status = 400 if status == _UNREADABLE else status
    slug = str(problem.get("type") or "").rpartition(":")[2]
    is_unknown = status in _NOT_HERE and slug in {"", "blank"}
    hint = _HERE if is_unknown else problem.get("hint")
    text = _text(str(problem.get("detail") or problem.get("title") or ""), hint)
    return Told(status, _body(status, text, None, None if slug in {"", "blank"} else slug), _waiting(status, None))


def _body(status: int, message: str, param: str | None, code: str | None) -> dict[str, Any]:
    kind = _TYPES.get(status) or ("server_error" if status >= 500 else "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def _text(detail: str, hint: str | None) -> str:
    whole = detail if detail.endswith((".", "!", "?")) else f"{detail}."
    return f"{whole} {hint}" if hint else detail


def _waiting(status: int, retry_after: float | None) -> dict[str, str]:
    """When to ask again, or that it is of no use."""
    if status in _IN_VAIN or (status == 409 and retry_after is None):
        return {"x-should-retry": "false"}
    if status in _WAIT or retry_after is not None:
        return {"Retry-After": str(max(1, math.ceil(_PATIENCE if retry_after is None else retry_after)))}
    return {}
