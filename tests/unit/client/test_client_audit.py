"""The audit log through the SDK."""

from datetime import UTC, datetime

import httpx2
import pytest

from steelyard.client import Client


def client(answers: list[httpx2.Response], requests: list[httpx2.Request]) -> Client:
    """A client whose server says these things in this order."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        requests.append(request)
        return answers.pop(0)

    transport = httpx2.MockTransport(answer)
    return Client("http://depot.test", environ={"STEELYARD_USER": "alice"}, transport=transport)


def test_a_page() -> None:
    requests: list[httpx2.Request] = []
    with client([httpx2.Response(200, json={"count": 7, "entries": [{"id": 1}]})], requests) as depot:
        found = depot.audit.list(user="bob", action="model.", since=datetime(2026, 1, 1, tzinfo=UTC), limit=1)
    assert (found["count"], found["entries"][0]["id"]) == (7, 1)
    assert dict(requests[0].url.params) == {
        "user": "bob", "action": "model.", "since": "2026-01-01T00:00:00.000Z", "limit": "1",
    }  # fmt: skip


def test_all_of_them_page_by_page() -> None:
    requests: list[httpx2.Request] = []
    pages = [httpx2.Response(200, json={"count": 3, "entries": [{"id": one} for one in ids]}) for ids in ([3, 2], [1])]
    with client(pages, requests) as depot:
        assert [entry["id"] for entry in depot.audit.iterate(page_size=2, subject="org/x")] == [3, 2, 1]
    assert [request.url.params["offset"] for request in requests] == ["0", "2"]
    assert {request.url.params["subject"] for request in requests} == {"org/x"}


def test_a_file() -> None:
    requests: list[httpx2.Request] = []
    with client([httpx2.Response(200, headers={"content-type": "text/csv"}, content=b"id\r\n")], requests) as depot:
        assert b"".join(depot.audit.export("csv", limit=5, user="bob")) == b"id\r\n"
    assert dict(requests[0].url.params) == {"user": "bob", "limit": "5", "format": "csv"}


def test_a_misspelt_filter_would_show_everybodys() -> None:
    with client([], []) as depot, pytest.raises(TypeError, match="usr"):
        depot.audit.list(usr="bob")  # type: ignore[call-arg]
