"""Statistics through the SDK."""

from collections.abc import Callable
from datetime import UTC, datetime

import httpx2
import pytest

from steelyard.client import Client, InvalidArgument

Depot = Callable[..., tuple[Client, list[httpx2.Request]]]
SAID = httpx2.Response(200, json={"period": "day", "uses": 1, "users": [], "models": [], "series": []})


def test_each_subject_has_its_route(depot: Depot) -> None:
    client, requests = depot(*[SAID] * 10)
    there = client.statistics
    there.model("org/name:Q4")
    there.user("bob/é")
    there.address("fd7a::1")
    there.system()
    there.models(sort="tokens", limit=5)
    there.users()
    there.matrix(limit=20)
    there.growth()
    there.costs()
    there.requests()
    assert [request.url.raw_path.decode() for request in requests] == [
        "/api/v1/models/org/name%3AQ4/stats", "/api/v1/users/bob%2F%C3%A9/stats", "/api/v1/stats/ip/fd7a%3A%3A1",
        "/api/v1/stats", "/api/v1/stats/models?sort=tokens&limit=5", "/api/v1/stats/users",
        "/api/v1/stats/matrix?limit=20", "/api/v1/stats/growth", "/api/v1/stats/costs", "/api/v1/downloads/stats",
    ]  # fmt: skip


def test_a_range(depot: Depot) -> None:
    client, requests = depot(SAID)
    client.statistics.system(
        period="week", since=datetime(2026, 1, 1, tzinfo=UTC), until="2026-02-01", tz="Europe/Berlin"
    )
    assert dict(requests[0].url.params) == {
        "period": "week", "since": "2026-01-01T00:00:00.000Z", "until": "2026-02-01", "tz": "Europe/Berlin",
    }  # fmt: skip


def test_what_cannot_be_asked(depot: Depot) -> None:
    client, requests = depot()
    with pytest.raises(TypeError, match="no such option: from"):
        client.statistics.system(**{"from": "2026-01-01"})  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument):
        client.statistics.user("")
    assert requests == []
