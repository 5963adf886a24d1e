from collections.abc import Callable
from datetime import UTC, datetime

import httpx2
import pytest

from steelyard.client import Client, InvalidArgument

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


def test_a_user_and_an_address_are_too_much(depot: Depot) -> None:
    client, _ = depot()

    with pytest.raises(InvalidArgument):
        client.downloads.history(user="bob", ip="100.64.0.5")


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
