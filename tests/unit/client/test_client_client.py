import json
from collections.abc import Callable

import httpx2
import pytest

import steelyard
from steelyard import client as sdk
from steelyard.client import Client, TooManyRequests

Depot = Callable[..., tuple[Client, list[httpx2.Request]]]
ANSWER = {"job_id": "j1", "task_id": "t1", "model": "gpt2", "revision": None, "status": "queued", "position": 0}


def test_pull_sends_only_what_is_given(depot: Depot) -> None:
    client, requests = depot(httpx2.Response(202, json=ANSWER))

    assert client.pull("gpt2")["job_id"] == "j1"

    assert (requests[0].method, requests[0].url.path) == ("POST", "/pull")
    assert json.loads(requests[0].content) == {"model": "gpt2"}


def test_pull_with_everything(depot: Depot) -> None:
    client, requests = depot(httpx2.Response(200, json={**ANSWER, "job_id": None, "status": "succeeded"}))

    answer = client.pull(
        "gpt2", revision="main", include=("*.json",), exclude=["*.bin"], username="bob", priority="high"
    )

    assert answer["status"] == "succeeded"
    assert json.loads(requests[0].content) == {
        "model": "gpt2",
        "revision": "main",
        "include": ["*.json"],
        "exclude": ["*.bin"],
        "username": "bob",
        "priority": "high",
    }


def test_pull_right_after_a_failure_is_refused_and_not_repeated(depot: Depot) -> None:
    client, requests = depot(httpx2.Response(429, headers={"retry-after": "7"}, json={"detail": "It failed just now."}))

    with pytest.raises(TooManyRequests) as raised:
        client.pull("gpt2")

    assert raised.value.retry_after == 7.0
    assert len(requests) == 1


def test_who_is_asking_goes_with_every_request(depot: Depot) -> None:
    client, requests = depot(httpx2.Response(202, json=ANSWER), user="José", token="t0k")

    client.pull("gpt2")

    assert requests[0].headers["x-steelyard-user"] == "Jos%C3%A9"
    assert requests[0].headers["authorization"] == "Bearer t0k"
    assert requests[0].headers["user-agent"].startswith("steelyard-python/")


def test_the_environment_says_where_under_a_path_prefix(depot: Depot) -> None:
    environ = {"STEELYARD_URL": "https://lab.test/steelyard/", "STEELYARD_USER": "alice"}
    client, requests = depot(httpx2.Response(202, json=ANSWER), url=None, environ=environ)

    with client:
        client.pull("gpt2")

    assert str(requests[0].url) == "https://lab.test/steelyard/pull"
    assert "authorization" not in requests[0].headers


def test_what_is_public_is_there() -> None:
    assert all(hasattr(sdk, name) for name in sdk.__all__)
    assert steelyard.Client is Client
    with pytest.raises(AttributeError, match="nothing_such"):
        _ = steelyard.nothing_such
