"""Reported events as they come in: a batch, one bare event, or a line of JSON for each. Pure.

A whole batch is read in one go; only when something in it does not fit is each line read by itself, to tell which.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta, Raw, Struct

from steelyard.core.errors import Invalid

MOST_EVENTS = 10_000  # of one batch
_LONGEST_DETAIL = 200
_HINT = 'Send {"events": [{"type": "generation_completed", "model": "org/name", "timestamp": "2026-01-01T12:00:00Z"}]}.'
_EXACT = 2**53  # the largest number up to which JavaScript is exact
_NUL = b"\\u0000"
_WHERE = re.compile(r" - at `\$$")
Text = Annotated[str, Meta(min_length=1, max_length=64)]
Amount = Annotated[int, Meta(ge=0, le=_EXACT)]
Duration = Annotated[float, Meta(ge=0, le=1e12)]  # milliseconds
UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)  # what reading a body may raise
Decode = Callable[[bytes], Any]


class Reported(Struct, forbid_unknown_fields=True, gc=False):
    """One event as its reporter spells it. Durations are milliseconds, sizes bytes."""

    timestamp: Annotated[datetime, Meta(tz=True)]
    type: Text | None = None
    event_type: Text | None = None
    model: Annotated[str, Meta(min_length=1, max_length=512)] | None = None
    model_id: Annotated[str, Meta(min_length=1, max_length=512)] | None = None
    id: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    username: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    duration_ms: Duration | None = None
    success: bool | None = None
    request_id: Text | None = None
    error_code: Text | None = None
    queue_ms: Duration | None = None
    load_ms: Duration | None = None
    first_token_ms: Duration | None = None
    tokens_in: Amount | None = None
    tokens_out: Amount | None = None
    bytes_in: Amount | None = None
    bytes_out: Amount | None = None
    vram_mb: Annotated[float, Meta(ge=0, le=1e9)] | None = None
    gpu_utilization: Annotated[float, Meta(ge=0, le=100)] | None = None
    generation_speed: Annotated[float, Meta(ge=0, le=1e12)] | None = None
    error_message: Annotated[str, Meta(max_length=20_000)] | None = None
    ip_address: Text | None = None
    user_agent: Annotated[str, Meta(max_length=2_000)] | None = None
    parameters: Raw = Raw()
    generation_params: Raw = Raw()
    session: Text | None = None


Read = Reported | str  # an event, or what is wrong with it


class Batch(NamedTuple):
    """What one body says. ``is_bare``: one event stands alone. ``has_nul``: a NUL may be spelled in one of them."""

    lines: Sequence[Read]
    is_bare: bool = False
    has_nul: bool = True


class NotEvents(Invalid):
    """The body is no batch of events in any form."""

    slug = "not-events"
    title = "That is not a batch of events"


class _Events(Struct, forbid_unknown_fields=True):
    events: list[Reported]


_one: Decode = msgspec.json.Decoder(Reported).decode
_lines: Decode = msgspec.json.Decoder(Reported).decode_lines
_many: Decode = msgspec.json.Decoder(_Events).decode
_object: Decode = msgspec.json.Decoder(dict[str, Raw]).decode
_array: Decode = msgspec.json.Decoder(list[Raw]).decode


def read_batch(body: bytes, *, is_lines: bool) -> Batch:
    """The events of a body; ``is_lines``: it has one to a line. Raises NotEvents."""
    batch = Batch(_read_lines(body)) if is_lines else _read_object(body)
    if len(batch.lines) > MOST_EVENTS:
        raise NotEvents(f"A batch has at most {MOST_EVENTS} events.", hint="Send them in several batches.")
    return batch._replace(has_nul=has_nul(body))


def has_nul(body: bytes) -> bool:
    """Whether a NUL is spelled in it; none can stand there as it is."""
    return _NUL in body


def read_one(data: bytes) -> Read:
    """One event, or what is wrong with it."""
    try:
        event: Reported = _one(data)
    except UNREADABLE as error:
        return told(error)
    return event


def told(error: Exception) -> str:
    """What is wrong, for the reporter."""
    if isinstance(error, UnicodeDecodeError | RecursionError):
        return "it is no UTF-8" if isinstance(error, UnicodeDecodeError) else "it is nested too deeply"
    return _WHERE.sub("", str(error))[:_LONGEST_DETAIL]


def _read_lines(body: bytes) -> list[Read]:
    try:
        events: list[Read] = _lines(body)
    except UNREADABLE:
        return [read_one(line) for line in body.split(b"\n") if line.strip()]
    return events


def _read_object(body: bytes) -> Batch:
    try:
        return Batch(_many(body).events)
    except UNREADABLE:
        return _read_carefully(body)


def _read_carefully(body: bytes) -> Batch:
    try:
        found = _object(body)
        if "events" not in found:
            return Batch([read_one(body)], is_bare=True)
        if len(found) > 1:
            raise NotEvents("Beside 'events' there is something else in the body.", hint=_HINT)
        return Batch([read_one(bytes(line)) for line in _array(bytes(found["events"]))])
    except UNREADABLE as error:
        raise NotEvents(f"The body cannot be read: {told(error)}.", hint=_HINT) from error
