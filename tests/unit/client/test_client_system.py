from collections.abc import Callable

import httpx2
import pytest

from steelyard.client import Client, ServerUnreachable

Depot = Callable[..., tuple[Client, list[httpx2.Request]]]


def test_stats(depot: Depot) -> None:
    client, requests = depot(httpx2.Response(200, json={"total_models": 3, "recent_activity": []}))

    assert client.system.stats()["total_models"] == 3
    assert requests[0].url.path == "/api/stats"


def test_health_is_an_answer_even_when_it_is_bad(depot: Depot) -> None:
    client, requests = depot(httpx2.Response(503, json={"status": "error"}))

    assert client.system.health()["status"] == "error"
    assert len(requests) == 1


def test_ready_and_live(depot: Depot) -> None:
    client, requests = depot(httpx2.Response(503, json={}), httpx2.Response(200, json={}), httpx2.Response(204))

    assert not client.system.ready()
    assert client.system.ready()
    assert client.system.live()
    assert [request.url.path for request in requests] == ["/health/ready", "/health/ready", "/health/live"]


def test_live_without_a_server(depot: Depot) -> None:
    client, _ = depot(*[httpx2.ConnectError("refused")] * 3)

    with pytest.raises(ServerUnreachable):
        client.system.live()
