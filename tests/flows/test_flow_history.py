"""The history of requests and the access log, as programs and people ask for them: filtered, ordered, as files."""

import csv
import io
import json
from typing import Any

import pytest

from steelyard.downloads.views import REQUEST_FIELDS
from steelyard.testing.hub import Blob, StandInHub
from steelyard.usage.views import EVENT_FIELDS
from tests.flows.house import House, slug

HISTORY, EVENTS = "/api/v1/downloads/history", "/api/v1/events"
FORMATS = ("csv", "json", "ndjson")


@pytest.fixture
async def busy(hub: StandInHub, house: House) -> House:
    """Two models; alice and bob asked for them, carol for one that is nowhere and with a name that is a formula."""
    hub.add("org/alpha", {"model.safetensors": Blob(2000, 1)})
    hub.add("team/Beta", {"model.safetensors": Blob(1000, 2)})
    await house.bring("org/alpha", "alice")
    await house.bring("team/Beta", "bob")
    await house.pull("org/alpha", "bob", expect=200)
    await house.pull("org/absent", "=carol", expect=404)
    return house


async def _who(house: House, path: str = HISTORY, **query: Any) -> list[tuple[str, str]]:
    """The people and models of a history; its count is true."""
    answer = await house.get(path, **query)
    assert answer["count"] == len(answer["requests"])
    return [(line["username"], line["model"]) for line in answer["requests"]]


async def test_filters_of_the_history(busy: House) -> None:
    assert await _who(busy, username="alice") == [("alice", "org/alpha")]
    assert await _who(busy, model="org/alpha") == [("bob", "org/alpha"), ("alice", "org/alpha")]
    assert await _who(busy, model="org/alpha", username="bob") == [("bob", "org/alpha")]
    assert await _who(busy, q="BETA") == [("bob", "team/Beta")]
    assert await _who(busy, q="org/") == [("=carol", "org/absent"), ("bob", "org/alpha"), ("alice", "org/alpha")]
    assert len(await _who(busy, source="huggingface", kind="model", ip="127.0.0.1")) == 4
    assert await _who(busy, source="http") == []
    assert await _who(busy, kind="album") == []
    assert await _who(busy, vpn_ip="10.0.0.1") == []
    job_id = (await busy.get(HISTORY, username="alice"))["requests"][0]["job_id"]
    assert ("alice", "org/alpha") in await _who(busy, job_id=job_id)
    assert await _who(busy, f"{HISTORY}/user/bob", model="team/Beta") == [("bob", "team/Beta")]
    assert await _who(busy, f"{HISTORY}/ip/127.0.0.1", username="alice") == [("alice", "org/alpha")]


async def test_the_model_may_be_named_in_any_way(busy: House) -> None:
    key = (await busy.get("/api/models/org/alpha"))["id"]
    for name in (key, "org/alpha@main", "model/org/alpha"):
        assert await _who(busy, model=name, username="alice") == [("alice", "org/alpha")], name
        events = await busy.get(EVENTS, model=name, type="model_download")
        assert [event["username"] for event in events["events"]] == ["bob", "alice"], name


async def test_orders_of_the_history(busy: House) -> None:
    newest = await _who(busy)
    assert newest[0] == ("=carol", "org/absent")
    assert await _who(busy, sort="oldest") == newest[::-1]
    assert [who for who, _ in await _who(busy, sort="user")] == ["=carol", "alice", "bob", "bob"]
    assert (await _who(busy, sort="size"))[-1] == ("=carol", "org/absent")
    assert [model for _, model in await _who(busy, sort="model")][-1] == "team/Beta"
    assert (await _who(busy, sort="status"))[0] == ("=carol", "org/absent")


async def test_what_the_history_refuses(house: House) -> None:
    for query in ("?sort=absent", "?sort=size&format=csv", "?format=parquet", "?ip=1.1.1.1&vpn_ip=1.1.1.2", "?model=",
                  "?q=", "/user/bob?username=alice", "/ip/127.0.0.1?ip=127.0.0.1", "?kind=absent", "?model=../x",
                  "?unknown=1"):  # fmt: skip
        answer = await house.http.get(f"{HISTORY}{query}")
        assert answer.status_code == 422, query
        assert slug(answer.json())


async def test_a_file_holds_what_the_pages_hold(busy: House) -> None:
    for path in (HISTORY, f"{HISTORY}/user/bob", f"{HISTORY}/ip/127.0.0.1"):
        lines = (await busy.get(path))["requests"]
        for kind in FORMATS:
            answer = await busy.http.get(path, params={"format": kind})
            assert "steelyard-history-" in answer.headers["content-disposition"]
            _assert_same(kind, answer.text, lines, "requests", REQUEST_FIELDS)


async def test_the_log_as_a_file(busy: House) -> None:
    query: dict[str, Any] = {"user": "bob", "until": "2200-01-01"}  # reading the log is an event too, but not bob's
    lines = (await busy.get(EVENTS, **query))["events"]
    assert len(lines) >= 4
    for kind in FORMATS:
        answer = await busy.http.get(EVENTS, params={**query, "format": kind})
        assert "steelyard-events-" in answer.headers["content-disposition"]
        _assert_same(kind, answer.text, lines, "events", EVENT_FIELDS)


async def test_a_file_is_cut_only_when_that_is_asked_for(busy: House) -> None:
    whole = [line["id"] for line in (await busy.get(HISTORY))["requests"]]
    for query, wanted in (({}, whole), ({"limit": 2}, whole[:2]), ({"offset": 1}, whole[1:]),
                          ({"limit": 2, "offset": 1}, whole[1:3])):  # fmt: skip
        answer = await busy.http.get(HISTORY, params={"format": "json", **query})
        assert [line["id"] for line in answer.json()["requests"]] == wanted


async def test_head_is_answered_like_get(busy: House) -> None:
    paths = (HISTORY, f"{HISTORY}/user/bob", f"{HISTORY}/ip/127.0.0.1", EVENTS, "/api/models/org/alpha/events")
    for address in (f"{path}{query}" for path in paths for query in ("", "?format=csv")):
        asked, got = await busy.http.head(address), await busy.http.get(address)
        assert (asked.status_code, got.status_code) == (200, 200), address
        assert asked.headers["content-type"] == got.headers["content-type"]


async def test_filters_of_the_log(busy: House) -> None:
    async def types(**query: Any) -> list[str]:
        answer = await busy.get(EVENTS, **query)
        assert answer["count"] == len(answer["events"])
        return [event["type"] for event in answer["events"]]

    assert await types(user="alice") == ["model_download", "model_pull"]
    assert await types(user="nobody") == []
    assert await types(type="model_pull", success="false") == ["model_pull"]
    assert await types(ip="127.0.0.1", type="model_download") == ["model_download"] * 3
    assert await types(ip="10.0.0.1") == []
    assert await types(model="org/absent") == ["model_pull"]
    assert await types(since="2200-01-01") == []
    failed = (await busy.get(EVENTS, success="false"))["events"][0]
    assert (failed["error_code"], failed["username"], failed["model"]) == ("404", "=carol", "org/absent")


async def test_the_log_of_one_model(busy: House) -> None:
    every = (await busy.get(EVENTS, model="org/alpha"))["events"]
    for prefix in ("/api/models", "/api/v1/models"):
        own = (await busy.get(f"{prefix}/org/alpha/events", until=every[0]["timestamp"]))["events"]
        assert [event["id"] for event in own] == [event["id"] for event in every[1:]]
    assert (await busy.get("/api/models/not/here/events"))["events"] == []  # an event may name what no entry has


async def test_ids_of_events_are_texts_and_times_have_milliseconds(busy: House) -> None:
    events = (await busy.get(EVENTS))["events"]
    assert all(int(event["id"]) > 2**53 for event in events)
    newest = events[0]["timestamp"]
    assert events[0]["id"] in {event["id"] for event in (await busy.get(EVENTS, since=newest))["events"]}
    assert events[0]["id"] not in {event["id"] for event in (await busy.get(EVENTS, until=newest))["events"]}


def _assert_same(kind: str, text: str, lines: list[dict[str, Any]], plural: str, fields: tuple[str, ...]) -> None:
    if kind == "json":
        assert json.loads(text) == {plural: lines, "count": len(lines)}
    elif kind == "ndjson":
        assert [json.loads(line) for line in text.splitlines()] == lines
    else:
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        assert tuple(rows[0]) == fields
        assert [row["id"] for row in rows] == [str(line["id"]) for line in lines]
        shown = [line["username"] for line in lines]
        assert [row["username"] for row in rows] == [f"'{name}" if name == "=carol" else name for name in shown]
