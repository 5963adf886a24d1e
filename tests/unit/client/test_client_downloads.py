from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx2
import pytest

from steelyard.client import Client

Depot = Callable[..., tuple[Client, list[httpx2.Request]]]


def page(*task_ids: str, count: int = 1) -> httpx2.Response:
    return httpx2.Response(200, json={"count": count, "requests": [{"task_id": task_id} for task_id in task_ids]})


def test_history_of_everybody(depot: Depot) -> None:
    client, requests = depot(page("t1"))

    found = client.downloads.history(
        status="failed", since=datetime(2025, 1, 2, tzinfo=UTC), until="2025-02-01", limit=9
    )

    assert found["requests"][0]["task_id"] == "t1"
    assert requests[0].url.path == "/api/v1/downloads/history"
    assert dict(requests[0].url.params) == {
        "status": "failed",
        "since": "2025-01-02T00:00:00.000Z",
        "until": "2025-02-01",
        "limit": "9",
    }


def test_history_of_one_user_or_address(depot: Depot) -> None:
    client, requests = depot(page(), page())

    client.downloads.history(user="bob/../é")
    client.downloads.history(ip="fd7a::1")

    assert requests[0].url.raw_path == b"/api/v1/downloads/history/user/bob%2F..%2F%C3%A9"
    assert requests[1].url.path == "/api/v1/downloads/history/ip/fd7a::1"


def test_a_user_and_an_address_narrow_together(depot: Depot) -> None:
    client, requests = depot(page("t1", count=1))

    client.downloads.history(user="bob", ip="100.64.0.5")

    assert requests[0].url.path == "/api/v1/downloads/history/user/bob"
    assert requests[0].url.params["ip"] == "100.64.0.5"


def test_all_filters_travel(depot: Depot) -> None:
    client, requests = depot(page("t1", count=1))

    client.downloads.history(model="gpt2", kind="model", source="huggingface", q="g", job="j", sort="size")

    asked = dict(requests[0].url.params)
    assert asked == {
        "model": "gpt2", "kind": "model", "source": "huggingface", "q": "g", "job_id": "j", "sort": "size"
    }  # fmt: skip


@pytest.mark.parametrize("filters", [{"username": "bob"}, {"job_id": "j"}, {"stat": "failed"}])
def test_a_filter_that_there_is_not_is_refused_and_not_left_out(depot: Depot, filters: dict[str, Any]) -> None:
    client, requests = depot()

    for ask in (client.downloads.history, client.downloads.iterate, partial(client.downloads.export, "csv")):
        with pytest.raises(TypeError, match=f"no such filter: {next(iter(filters))}"):
            ask(**filters)
    with pytest.raises(TypeError, match="no such filter: usr"):
        client.events.list(usr="bob")  # type: ignore[call-arg]
    assert requests == []


def test_an_export_comes_in_chunks_as_it_was_asked_for(depot: Depot) -> None:
    client, requests = depot(
        httpx2.Response(200, headers={"content-type": "text/csv; charset=utf-8"}, text="id\r\n1\r\n")
    )

    assert b"".join(client.downloads.export("csv", status="failed")) == b"id\r\n1\r\n"
    assert dict(requests[0].url.params) == {"status": "failed", "format": "csv"}
    assert requests[0].headers["accept"] == "text/csv"


def test_iterate(depot: Depot) -> None:
    client, requests = depot(page("t1", "t2", count=3), page("t3", count=3))

    assert [each["task_id"] for each in client.downloads.iterate(user="bob", page_size=2)] == ["t1", "t2", "t3"]
    assert {request.url.path for request in requests} == {"/api/v1/downloads/history/user/bob"}


def test_get_and_cancel(depot: Depot) -> None:
    answer = {"task_id": "t1", "status": "cancelled"}
    client, requests = depot(httpx2.Response(200, json=answer), httpx2.Response(200, json=answer))

    assert client.downloads.get("t1")["status"] == "cancelled"
    assert client.downloads.cancel("t1")["status"] == "cancelled"

    assert [(request.method, request.url.path) for request in requests] == [
        ("GET", "/api/v1/downloads/request/t1"),
        ("POST", "/api/v1/downloads/request/t1/cancel"),
    ]
