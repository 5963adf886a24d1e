from collections.abc import Callable

import httpx2
import pytest

from steelyard.client import Client, InvalidArgument

Depot = Callable[..., tuple[Client, list[httpx2.Request]]]


def page(*names: str, count: int) -> httpx2.Response:
    return httpx2.Response(200, json={"count": count, "sessions": [{"session": name} for name in names]})


def test_all_of_them_page_by_page(depot: Depot) -> None:
    client, requests = depot(page("a", "b", count=3), page("c", count=3))

    assert [one["session"] for one in client.sessions.iterate(page_size=2)] == ["a", "b", "c"]
    assert [dict(request.url.params) for request in requests] == [
        {"limit": "2", "offset": "0"}, {"limit": "2", "offset": "2"},
    ]  # fmt: skip


def test_one_of_them_and_no_more_of_it(depot: Depot) -> None:
    client, requests = depot(
        httpx2.Response(200, json={"session": "trip", "messages": [{"role": "user", "content": "hi"}]}),
        httpx2.Response(204),
    )

    assert client.sessions.get("trip")["messages"][0]["content"] == "hi"
    client.sessions.delete("../trip")
    assert [request.url.raw_path for request in requests] == [b"/api/v1/sessions/trip", b"/api/v1/sessions/..%2Ftrip"]


def test_a_name_that_is_none_is_not_sent(depot: Depot) -> None:
    client, requests = depot()

    with pytest.raises(InvalidArgument):
        client.sessions.get("")
    assert requests == []
