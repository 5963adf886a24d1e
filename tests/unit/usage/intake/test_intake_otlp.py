"""OpenTelemetry's spans and log records as events."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from steelyard.usage.intake.otlp import read_export
from steelyard.usage.intake.reported import NotEvents, Reported

BEGAN = datetime(2026, 1, 1, 12, 0, 0, 250_000, tzinfo=UTC)
BEGAN_NS = int(BEGAN.timestamp() * 1000) * 1_000_000
CALL: dict[str, Any] = {
    "gen_ai.operation.name": "chat", "gen_ai.provider.name": "vllm", "gen_ai.request.model": "org/name",
    "gen_ai.usage.input_tokens": 12, "gen_ai.usage.output_tokens": 34, "gen_ai.request.temperature": 0.5,
    "gen_ai.conversation.id": "c1", "gen_ai.response.id": "chatcmpl-1", "user.name": "alice",
    "gen_ai.response.time_to_first_chunk": 0.125,
}  # fmt: skip


def value(plain: Any) -> dict[str, Any]:
    kinds = {str: "stringValue", bool: "boolValue", float: "doubleValue"}
    return {"intValue": str(plain)} if type(plain) is int else {kinds[type(plain)]: plain}


def span(attributes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "traceId": "t", "spanId": "s", "name": "chat org/name", "kind": 3, "startTimeUnixNano": str(BEGAN_NS),
        "endTimeUnixNano": str(BEGAN_NS + 1_500_000_000),
        "attributes": [{"key": name, "value": value(plain)} for name, plain in attributes.items()], **more,
    }  # fmt: skip


def read(*spans: dict[str, Any], names_people: bool = True) -> list[Any]:
    export = {"resourceSpans": [{"resource": {"attributes": []}, "scopeSpans": [{"scope": {}, "spans": list(spans)}]}]}
    return read_export(json.dumps(export).encode(), names_people=names_people)


def test_a_call_is_an_event() -> None:
    (event,) = read(span(CALL))
    assert isinstance(event, Reported)
    assert (event.type, event.model, event.timestamp, event.success) == (
        "generation_completed",
        "org/name",
        BEGAN,
        True,
    )
    assert (event.duration_ms, event.first_token_ms, event.tokens_in, event.tokens_out) == (1500.0, 125.0, 12, 34)
    assert (event.session, event.request_id, event.username, event.id) == ("c1", "chatcmpl-1", "alice", "t/s")
    assert json.loads(bytes(event.parameters)) == {"provider": "vllm", "temperature": 0.5}


def test_older_names() -> None:
    (event,) = read(span({"gen_ai.system": "openai", "gen_ai.request.model": "m", "gen_ai.usage.prompt_tokens": 3}))
    assert (event.model, event.tokens_in) == ("m", 3)


@pytest.mark.parametrize(
    ("attributes", "more", "error"),
    [({"error.type": "timeout"}, {}, "timeout"), ({}, {"status": {"code": 2}}, "error"),
     ({}, {"status": {"code": "STATUS_CODE_ERROR"}}, "error")],
)  # fmt: skip
def test_a_call_that_failed(attributes: dict[str, Any], more: dict[str, Any], error: str) -> None:
    (event,) = read(span(CALL | attributes, **more))
    assert (event.type, event.success, event.error_code) == ("generation_failed", False, error)


@pytest.mark.parametrize("operation", ["invoke_agent", "execute_tool", "create_agent"])
def test_what_is_no_call_of_a_model_is_passed_over(operation: str) -> None:
    assert read(span(CALL | {"gen_ai.operation.name": operation}), span({"http.route": "/x"})) == []


def test_a_call_that_names_no_model_counts_all_the_same() -> None:
    nameless = {name: plain for name, plain in CALL.items() if name != "gen_ai.request.model"}
    (event,) = read(span(nameless))
    assert isinstance(event, Reported)
    assert (event.model, event.tokens_out, event.username) == (None, 34, "alice")


@pytest.mark.parametrize("name", ["gen_ai.request.model", "gen_ai.response.model"])
def test_what_says_no_operation_is_a_call_if_it_names_a_model(name: str) -> None:
    (event,) = read(span({name: "org/name"}))
    assert isinstance(event, Reported)
    assert event.model == "org/name"
    assert read(span({"gen_ai.usage.input_tokens": 3})) == []


def test_who_may_not_name_others_speaks_for_itself() -> None:
    (event,) = read(span(CALL), names_people=False)
    assert event.username is None


def test_a_log_record_of_a_whole_call() -> None:
    record = {**span(CALL), "timeUnixNano": str(BEGAN_NS), "eventName": "gen_ai.client.inference.operation.details"}
    for name in ("startTimeUnixNano", "endTimeUnixNano"):
        del record[name]
    other = {**record, "eventName": "gen_ai.user.message"}
    export = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record, other]}]}]}
    (event,) = read_export(json.dumps(export).encode(), names_people=True)
    assert isinstance(event, Reported)
    assert (event.timestamp, event.duration_ms, event.tokens_out) == (BEGAN, None, 34)


def test_numbers_that_cannot_be_read_are_said() -> None:
    assert read(span(CALL, startTimeUnixNano="soon")) == ["its times or numbers cannot be read"]
    assert isinstance(read(span(CALL | {"gen_ai.usage.input_tokens": -4}))[0], str)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"resourceSpans": 5}', b"\x0a\x00"])
def test_what_is_no_export(body: bytes) -> None:
    with pytest.raises(NotEvents):
        read_export(body, names_people=True)


def test_an_empty_export() -> None:
    assert read_export(b"{}", names_people=True) == []


@pytest.mark.parametrize(
    "odd",
    [
        {"intValue": "x"},
        {"intValue": None},
        {"intValue": "9" * 5000},
        {"stringValue": {}},
        {"stringValue": [1]},
        {"kvlistValue": {}},
    ],
)
@pytest.mark.parametrize("name", ["gen_ai.operation.name", "gen_ai.usage.input_tokens", "gen_ai.request.model", "any"])
def test_an_odd_attribute_is_no_reason_to_refuse_the_others(name: str, odd: dict[str, Any]) -> None:
    strange = span(CALL)
    strange["attributes"] = [*(one for one in strange["attributes"] if one["key"] != name), {"key": name, "value": odd}]
    assert isinstance(read(strange, span(CALL))[-1], Reported)


def test_null_stands_for_no_list() -> None:
    export = {"resourceSpans": [{"scopeSpans": None}, {"scopeSpans": [{"spans": None}]}], "resourceLogs": None}
    assert read_export(json.dumps(export).encode(), names_people=True) == []
