from collections.abc import Callable

import httpx2
import pytest

from steelyard.client import Client, InvalidArgument, NotFound

Depot = Callable[..., tuple[Client, list[httpx2.Request]]]


def test_list_sends_only_what_is_given(depot: Depot) -> None:
    client, requests = depot(httpx2.Response(200, json={"count": 1, "models": [{"model": "gpt2"}]}))

    found = client.models.list(q="gpt", status="ready", limit=5)

    assert found["models"][0]["model"] == "gpt2"
    assert str(requests[0].url) == "http://depot.test/api/models?q=gpt&status=ready&limit=5"


def test_iterate_walks_all_pages_with_the_same_filters(depot: Depot) -> None:
    pages = [{"count": 3, "models": [{"model": "a"}, {"model": "b"}]}, {"count": 3, "models": [{"model": "c"}]}]
    client, requests = depot(*(httpx2.Response(200, json=page) for page in pages))

    names = [model["model"] for model in client.models.iterate(source="http", format="gguf", sort="name", page_size=2)]

    assert names == ["a", "b", "c"]
    assert [request.url.params["offset"] for request in requests] == ["0", "2"]
    assert {request.url.params["format"] for request in requests} == {"gguf"}


def test_get_quotes_the_reference(depot: Depot) -> None:
    client, requests = depot(httpx2.Response(200, json={"model": "org/name", "brand_new_field": 1}))

    model = client.models.get("org/name@refs/pr/1")

    assert requests[0].url.raw_path == b"/api/models/org/name%40refs%2Fpr%2F1"
    assert model["brand_new_field"] == 1  # type: ignore[typeddict-item]


def test_get_of_an_unknown_model(depot: Depot) -> None:
    problem = {"type": "not-found", "detail": "No 'gpt9'.", "hint": 'POST /pull {"model": "gpt9"}'}
    client, _ = depot(httpx2.Response(404, headers={"content-type": "application/problem+json"}, json=problem))

    with pytest.raises(NotFound) as raised:
        client.models.get("gpt9")

    assert raised.value.hint == 'POST /pull {"model": "gpt9"}'


def test_exists_by_query_so_that_any_name_fits(depot: Depot) -> None:
    client, requests = depot(httpx2.Response(200, json={"exists": True, "status": "ready"}))

    assert client.models.exists("org/exists", revision="main", file="a b.bin")["exists"]

    assert requests[0].url.path == "/api/models/exists"
    assert dict(requests[0].url.params) == {"model": "org/exists", "revision": "main", "file": "a b.bin"}


def test_a_name_that_is_none_is_not_sent(depot: Depot) -> None:
    client, requests = depot()

    with pytest.raises(InvalidArgument):
        client.models.get("../../health")
    with pytest.raises(InvalidArgument):
        client.models.exists("")

    assert requests == []
