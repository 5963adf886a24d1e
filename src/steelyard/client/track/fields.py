"""Events as the depot takes them: one JSON object each."""

import json
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict

from steelyard.client.moments import moment
from steelyard.client.track.quiet import logger
from steelyard.core.ids import new_uuid

MOST_PARAMETERS = 8_192  # bytes; the depot takes no more
# Characters that the depot takes.
_LONGEST = {"error_code": 64, "error_message": 2_000, "user_agent": 200, "prompt": 2_000, "negative_prompt": 2_000}


class UsageFields(TypedDict, total=False):
    """What may be told of a use. Durations are milliseconds, sizes bytes, ``vram_mb`` megabytes,
    ``gpu_utilization`` percent.

    ``id`` makes an event idempotent and is made up when it is left out. ``timestamp`` is when it began, now unless
    given. ``username`` is only heeded from service tokens and administrators.
    """

    id: str
    timestamp: datetime | str
    username: str | None
    success: bool | None
    request_id: str | None
    error_code: str | None
    error_message: str | None
    duration_ms: float | None
    queue_ms: float | None
    load_ms: float | None
    first_token_ms: float | None
    tokens_in: int | None
    tokens_out: int | None
    bytes_in: int | None
    bytes_out: int | None
    vram_mb: float | None
    gpu_utilization: float | None
    generation_speed: float | None
    ip_address: str | None
    user_agent: str | None
    parameters: Mapping[str, Any] | None
    session: str | None


_KNOWN = frozenset(UsageFields.__annotations__)


def encode(type: str, model: str | None, fields: UsageFields, now: datetime) -> bytes:  # noqa: A002
    """The event as one line of JSON, without its line feed.

    Fields that there are not, and parameters that cannot travel, are left out and told of in the log. What JSON has no
    form for goes as its text, and long texts are cut.
    """
    if unknown := sorted(fields.keys() - _KNOWN):
        logger.warning("Usage tracking: there is no field %s.", ", ".join(unknown))
    said = {name: _cut(name, value) for name, value in fields.items() if name in _KNOWN and _is_said(value)}
    parameters = _parameters(said.pop("parameters", None))
    event = {
        **said, "id": said.get("id") or new_uuid(), "type": str(type), "model": model,
        "timestamp": moment(fields.get("timestamp") or now),
    }  # fmt: skip
    return _json(event if parameters is None else {**event, "parameters": parameters})


def _parameters(given: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if given is None:
        return None
    try:
        parameters = {name: _cut(name, value) for name, value in given.items()}
        size = len(_json(parameters))
    except Exception as error:  # a value's own __str__ may raise anything
        logger.warning("Usage tracking: parameters are left out: %s", error)
        return None
    if size > MOST_PARAMETERS:
        logger.warning("Usage tracking: parameters of %d bytes are left out; %d may be.", size, MOST_PARAMETERS)
        return None
    return parameters


def _cut(name: str, value: Any) -> Any:
    return value[: _LONGEST[name]] if name in _LONGEST and isinstance(value, str) else value


def _is_said(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and not math.isfinite(value))


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), default=str, allow_nan=False).encode()
