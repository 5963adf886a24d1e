"""Spans and log records of OpenTelemetry, as events. Pure.

OTLP/HTTP with JSON, and the semantic conventions for generative AI (``gen_ai.*``, their older names too). One call of a
model is one event, also when it does not say of which model. What is no call of a model is not ours: it is passed over,
as are agents and tools, whose models' calls have spans of their own. What says no operation is a call if it names a
model.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from steelyard.usage.events import EventType
from steelyard.usage.intake.reported import UNREADABLE, NotEvents, Read, read_one, told

CALLS = frozenset({"chat", "text_completion", "completion", "generate_content", "embeddings"})
_LOG = "gen_ai.client.inference.operation.details"  # the one log record that tells of a whole call
_ERROR = 2  # STATUS_CODE_ERROR
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHORT = 64
_WHOLE = re.compile(r"-?\d{1,19}").fullmatch  # 64 bits: JSON has them as text
_encode = msgspec.json.Encoder().encode
# Names by field, the newest first.
_TEXTS = {
    "model": ("gen_ai.request.model", "gen_ai.response.model"),
    "session": ("gen_ai.conversation.id", "session.id"),
    "request_id": ("gen_ai.response.id",),
    "username": ("user.name", "enduser.id", "user.id"),
}
_NUMBERS = {
    "tokens_in": ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
    "tokens_out": ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
}
_SECONDS = {
    "first_token_ms": ("gen_ai.response.time_to_first_chunk", "gen_ai.latency.time_to_first_token"),
    "queue_ms": ("gen_ai.latency.time_in_queue",),
}
_PARAMETERS = {
    "provider": ("gen_ai.provider.name", "gen_ai.system"),
    "temperature": ("gen_ai.request.temperature",),
    "top_p": ("gen_ai.request.top_p",),
    "top_k": ("gen_ai.request.top_k",),
    "max_tokens": ("gen_ai.request.max_tokens",),
    "stream": ("gen_ai.request.stream",),
}


class _Attribute(Struct):
    key: str
    value: dict[str, Any] = {}


class _Status(Struct):
    code: int | str = 0


class _Record(Struct, rename="camel"):
    """A span or a log record: what both have, and each its own. Fields that we do not know are passed over."""

    attributes: list[_Attribute] | None = None
    trace_id: str = ""
    span_id: str = ""
    start_time_unix_nano: int | str = 0
    end_time_unix_nano: int | str = 0
    time_unix_nano: int | str = 0
    observed_time_unix_nano: int | str = 0
    event_name: str = ""
    status: _Status | None = None


class _Scope(Struct, rename="camel"):
    spans: list[_Record] | None = None
    log_records: list[_Record] | None = None


class _Resource(Struct, rename="camel"):
    scope_spans: list[_Scope] | None = None
    scope_logs: list[_Scope] | None = None


class _Export(Struct, rename="camel"):
    resource_spans: list[_Resource] | None = None
    resource_logs: list[_Resource] | None = None


class _Times(NamedTuple):
    began_ns: int
    ended_ns: int


_decode = msgspec.json.Decoder(_Export).decode


def read_export(body: bytes, *, names_people: bool) -> list[Read]:
    """The calls of models in an export, each as an event or what is wrong with it.

    ``names_people``: whoever sent it may say for whom. Raises NotEvents.
    """
    try:
        export: _Export = _decode(body)
    except UNREADABLE as error:
        raise NotEvents(
            f"The body is no OTLP: {told(error)}.", hint="Export OTLP over HTTP, encoded as JSON."
        ) from error
    return [_read(record, names_people=names_people) for record in _calls(export)]


def _calls(export: _Export) -> Iterator[_Record]:
    for resource in (*(export.resource_spans or ()), *(export.resource_logs or ())):
        for scope in (*(resource.scope_spans or ()), *(resource.scope_logs or ())):
            yield from filter(_is_call, (*(scope.spans or ()), *(scope.log_records or ())))


def _is_call(record: _Record) -> bool:
    found = {each.key: each.value for each in record.attributes or () if each.key.startswith(("gen_ai.", "event.name"))}
    if not record.start_time_unix_nano and _LOG not in (record.event_name, _plain(found.get("event.name", {}))):
        return False
    operation = _plain(found.get("gen_ai.operation.name", {}))
    return operation in CALLS if operation is not None else any(found.get(name) for name in _TEXTS["model"])


def _read(record: _Record, *, names_people: bool) -> Read:
    found = {each.key: _plain(each.value) for each in record.attributes or ()}
    try:
        times = _times(record)
        event = _event(record, found, times)
    except (ValueError, OverflowError, TypeError):
        return "its times or numbers cannot be read"
    if not names_people:
        event.pop("username", None)
    return read_one(_encode(event))


def _event(record: _Record, found: Mapping[str, Any], times: _Times) -> dict[str, Any]:
    error = _first(found, ("error.type",))
    is_failed = error is not None or (record.status is not None and record.status.code in {_ERROR, "STATUS_CODE_ERROR"})
    event: dict[str, Any] = {
        "type": EventType.GENERATION_FAILED if is_failed else EventType.GENERATION_COMPLETED,
        "timestamp": (_EPOCH + timedelta(microseconds=times.began_ns // 1000)).isoformat(),
        "success": not is_failed,
        "parameters": _present(found, _PARAMETERS),
        **{name: str(value)[:_SHORT] for name, value in _present(found, _TEXTS).items() if name != "model"},
        **{name: int(value) for name, value in _present(found, _NUMBERS).items()},
        **{name: float(value) * 1000 for name, value in _present(found, _SECONDS).items()},
    }
    if times.ended_ns > times.began_ns:
        event["duration_ms"] = (times.ended_ns - times.began_ns) / 1e6
    if is_failed:
        event["error_code"] = str(error or "error")[:_SHORT]
    if (model := _first(found, _TEXTS["model"])) is not None:
        event["model"] = str(model)
    if record.span_id:
        event["id"] = f"{record.trace_id[:_SHORT]}/{record.span_id[:32]}"
    return event


def _times(record: _Record) -> _Times:
    if record.start_time_unix_nano:
        return _Times(int(record.start_time_unix_nano), int(record.end_time_unix_nano))
    at_ns = int(record.time_unix_nano) or int(record.observed_time_unix_nano)
    return _Times(at_ns, at_ns)


def _present(found: Mapping[str, Any], wanted: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    values = {name: _first(found, names) for name, names in wanted.items()}
    return {name: value for name, value in values.items() if value is not None}


def _first(found: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((found[name] for name in names if found.get(name) is not None), None)


def _plain(value: Mapping[str, Any]) -> str | float | None:
    """An AnyValue as it is; lists, maps and what is not of its kind are none of what we look for."""
    number = value.get("intValue")
    if isinstance(number, int | str):
        return int(number) if _WHOLE(str(number)) else None
    found = next((value[kind] for kind in ("stringValue", "doubleValue", "boolValue") if kind in value), None)
    return found if isinstance(found, str | float | int) else None
