"""Other services report what they did: every form of a batch, who may, and where it shows up."""

import gzip
import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from steelyard.testing.hub import StandInHub
from tests.flows.house import House, open_house
from tests.flows.town import Town

EVENTS = "/api/v1/events"
JSON = {"Content-Type": "application/json"}
LINES = {"Content-Type": "application/x-ndjson"}
GZIP = {**JSON, "Content-Encoding": "gzip"}
NONE_REJECTED: list[Any] = []


@pytest.fixture
async def town(hub: StandInHub, home: Path) -> AsyncIterator[Town]:
    """A depot where access is required."""
    async with open_house(hub, home, server__auth="required") as house:
        town = Town(house)
        await town.settle()
        yield town


def said(**more: Any) -> dict[str, Any]:
    timestamp = (datetime.now(UTC) - timedelta(seconds=5)).isoformat()
    return {"type": "generation_completed", "model": "t2v-A14B", "timestamp": timestamp, **more}


async def report(
    house: House, body: bytes | dict[str, Any], expect: int = 202, headers: Mapping[str, str] = JSON
) -> dict[str, Any]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = await house.http.post(EVENTS, content=content, headers=dict(headers))
    assert answer.status_code == expect, answer.text
    return dict(answer.json())


async def test_a_batch_one_event_and_lines(house: House) -> None:
    one, two = said(id="1", username="alice"), said(id="2")
    assert await report(house, {"events": [one, two]}) == {"accepted": 2, "duplicates": 0, "rejected": NONE_REJECTED}
    assert await report(house, one) == {"accepted": 0, "duplicates": 1, "rejected": NONE_REJECTED}
    lines = f"{json.dumps(two)}\n{json.dumps(said(id='3'))}\nnothing\n".encode()
    answer = await report(house, lines, headers=LINES)
    assert (answer["accepted"], answer["duplicates"], answer["rejected"][0]["index"]) == (1, 1, 2)
    curl = await report(house, lines, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert (curl["accepted"], curl["duplicates"]) == (0, 2)
    found = await house.get(EVENTS, model="t2v-A14B", user="alice")
    assert found["count"] == 1


async def test_a_batch_may_be_deflated(house: House) -> None:
    body = gzip.compress(json.dumps({"events": [said()]}).encode())
    assert (await report(house, body, headers=GZIP))["accepted"] == 1
    for bad, encoding, status in ((body[:-9], "gzip", 415), (b"x", "gzip", 415), (b"x", "br", 415)):
        assert (await report(house, bad, status, {"Content-Encoding": encoding}))["status"] == status
    bomb = gzip.compress(b" " * 17_000_000)
    assert (await report(house, bomb, 413, GZIP))["hint"]


async def test_ten_thousand_at_once(house: House) -> None:
    events = [said(id=str(number), tokens_in=number, tokens_out=1, success=True) for number in range(10_001)]
    assert (await report(house, {"events": events[:-1]}))["accepted"] == 10_000
    assert "10000" in (await report(house, {"events": events}, 422))["detail"]
    assert (await house.get(EVENTS, model="t2v-A14B"))["count"] == 10_000


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'{"events": 1}', b'{"events": [], "x": 1}', b"\xff"])
async def test_what_is_no_batch_is_422(house: House, body: bytes) -> None:
    problem = await report(house, body, 422)
    assert problem["type"] == "urn:steelyard:problem:not-events" or problem["detail"]


async def test_one_event_that_is_wrong_is_422(house: House) -> None:
    assert "timestamp" in (await report(house, {"type": "x"}, 422))["detail"]
    assert "surprise" in (await report(house, said(surprise=1), 422))["detail"]


async def test_much_too_much_is_413(house: House) -> None:
    await report(house, b'{"events": [' + b"{}," * 150_000 + b"{}]}", 413)
    await report(house, b" " * 17_000_000, 413)


async def test_opentelemetry_exports_here(house: House) -> None:
    began = int((datetime.now(UTC) - timedelta(seconds=5)).timestamp()) * 10**9
    attributes = [{"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
                  {"key": "gen_ai.request.model", "value": {"stringValue": "org/served"}},
                  {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "7"}}]  # fmt: skip
    span = {"traceId": "t", "spanId": "s", "startTimeUnixNano": str(began), "endTimeUnixNano": str(began + 10**9)}
    export = {"resourceSpans": [{"scopeSpans": [{"spans": [{**span, "attributes": attributes}]}]}]}
    for _ in range(2):
        answer = await house.http.post("/v1/traces", json=export)
        assert (answer.status_code, answer.json()) == (200, {})
    found = await house.get(EVENTS, model="org/served")
    assert (found["count"], found["events"][0]["tokens_out"]) == (1, 7)
    attributes[2]["value"] = {"intValue": "-7"}
    answer = await house.http.post("/v1/traces", json=export)
    assert answer.json()["partialSuccess"]["rejectedSpans"] == 1
    binary = {"Content-Type": "application/x-protobuf"}
    assert (await house.http.post("/v1/logs", content=b"\x0a", headers=binary)).status_code == 415


async def test_who_may_report(town: Town) -> None:
    mine, hers = {"events": [said()]}, {"events": [said(username="alice")]}
    for who, status in ((None, 401), ("vera", 403), ("bob", 202), ("robot", 202), ("root", 202)):
        assert (await town.ask(who, "POST", EVENTS, json=mine))[0] == status
    assert (await town.ask("bob", "POST", EVENTS, json=hers))[1]["rejected"]
    for who in ("robot", "root", "alice", "wrong scope"):  # a token for reporting is enough
        assert (await town.ask(who, "POST", EVENTS, json=hers))[1]["accepted"] == 1
    _, found = await town.ask("root", "GET", f"{EVENTS}?user=alice&model=t2v-A14B")
    assert found["count"] == 4


async def test_an_external_model_is_known_by_its_alias_from_then_on(house: House, hub: StandInHub) -> None:
    await report(house, said(model="studio"))
    hub.add("org/name", {"config.json": b"{}"})
    await house.ended((await house.pull("org/name"))["job_id"])
    answer = await house.http.patch("/api/models/org/name", json={"aliases": ["film"]})
    assert answer.status_code == 200
    await report(house, said(model="film"))
    assert [line["model"] for line in (await house.get(EVENTS, type="generation_completed"))["events"]] == [
        "org/name", "studio",
    ]  # fmt: skip


async def test_metrics_count_what_was_reported(house: House) -> None:
    await report(house, {"events": [said(id="1"), said(id="1"), {}]})
    text = (await house.http.get("/metrics")).text
    for outcome in ("accepted", "duplicate", "rejected"):
        assert f'steelyard_events_reported_total{{outcome="{outcome}"}} 1.0' in text
