import json
from collections.abc import Callable

import httpx2

from steelyard.client import Client

Depot = Callable[..., tuple[Client, list[httpx2.Request]]]


def test_engines_what_they_hold_and_how_it_leaves(depot: Depot) -> None:
    client, requests = depot(
        httpx2.Response(200, json={"count": 1, "engines": [{"name": "llamacpp", "usable": True}]}),
        httpx2.Response(200, json={"count": 1, "models": [{"model": "m"}], "waiting": {}}),
        httpx2.Response(200, json={"model": "m", "unloaded": True}),
    )

    assert client.engines.list()["engines"][0]["usable"] is True
    assert client.engines.loaded()["models"][0]["model"] == "m"
    assert client.engines.unload("m")["unloaded"] is True
    assert [(request.method, request.url.path) for request in requests] == [
        ("GET", "/api/v1/engines"), ("GET", "/api/v1/engines/loaded"), ("POST", "/api/v1/engines/unload"),
    ]  # fmt: skip
    assert json.loads(requests[2].content) == {"model": "m"}
