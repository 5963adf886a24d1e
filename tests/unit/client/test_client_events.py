"""Events through the SDK: told of, as objects and as lines."""

import json
from collections.abc import Callable

import httpx2
import pytest

from steelyard.client import ApiError, Client

Depot = Callable[..., tuple[Client, list[httpx2.Request]]]
TAKEN = {"accepted": 1, "duplicates": 0, "rejected": []}


def test_a_batch(depot: Depot) -> None:
    client, requests = depot(httpx2.Response(202, json=TAKEN))
    assert client.events.report([{"type": "a", "model": "m"}]) == TAKEN
    assert (requests[0].method, requests[0].url.path) == ("POST", "/api/v1/events")
    assert json.loads(requests[0].content) == {"events": [{"type": "a", "model": "m"}]}


def test_lines_travel_as_they_are(depot: Depot) -> None:
    client, requests = depot(httpx2.Response(202, json=TAKEN))
    assert client.events.report_lines(b'{"type":"a"}\n{"type":"b"}') == TAKEN
    assert requests[0].content == b'{"type":"a"}\n{"type":"b"}'
    assert requests[0].headers["content-type"] == "application/x-ndjson"


def test_a_report_is_not_sent_again_by_itself(depot: Depot) -> None:
    client, requests = depot(httpx2.Response(503, json={}))
    with pytest.raises(ApiError):
        client.events.report([{"type": "a"}])
    assert len(requests) == 1
