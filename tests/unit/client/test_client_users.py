import json
from collections.abc import Callable

import httpx2
import pytest

from steelyard.client import Client, Conflict, InvalidArgument

Depot = Callable[..., tuple[Client, list[httpx2.Request]]]
USER = {"username": "a b/c", "role": "member", "disabled": False}


def test_names_cannot_lead_elsewhere(depot: Depot) -> None:
    client, requests = depot(httpx2.Response(200, json=USER))
    client.users.get("a b/../c")
    assert requests[0].url.raw_path == b"/api/v1/users/a%20b%2F..%2Fc"
    with pytest.raises(InvalidArgument):
        client.users.get("")
    with pytest.raises(InvalidArgument):
        client.tokens.revoke("")


def test_only_what_is_given_changes(depot: Depot) -> None:
    client, requests = depot(httpx2.Response(200, json=USER), httpx2.Response(200, json=USER))
    client.users.change("bob", disabled=False)
    client.users.change("bob", role="viewer")
    assert [json.loads(request.content) for request in requests] == [{"disabled": False}, {"role": "viewer"}]


def test_page_by_page(depot: Depot) -> None:
    pages = [{"count": 3, "users": [USER, USER]}, {"count": 3, "users": [USER]}]
    client, requests = depot(*(httpx2.Response(200, json=page) for page in pages))
    assert len(list(client.users.iterate(page_size=2))) == 3
    assert len(requests) == 2
    tokens, _ = depot(httpx2.Response(200, json={"count": 1, "tokens": [{"id": "t"}]}))
    assert [token["id"] for token in tokens.tokens.iterate()] == ["t"]


def test_a_token_is_for_ever_only_when_said(depot: Depot) -> None:
    client, requests = depot(*(httpx2.Response(201, json={"id": "t", "token": "sy_t_s"}) for _ in range(2)))
    client.tokens.add("x", user="ci", never_expires=True)
    client.tokens.add("x", scopes=["read"], days=3)
    assert [json.loads(request.content) for request in requests] == [
        {"label": "x", "user": "ci", "expires_in_days": None}, {"label": "x", "scopes": ["read"], "expires_in_days": 3},
    ]  # fmt: skip


def test_what_is_refused_is_an_error_of_the_tree(depot: Depot) -> None:
    body = {"type": "urn:steelyard:problem:last-admin", "title": "x", "status": 409, "detail": "x"}
    client, _ = depot(httpx2.Response(409, json=body, headers={"content-type": "application/problem+json"}))
    with pytest.raises(Conflict):
        client.users.delete("ann")


def test_the_token_of_the_environment_is_shown(depot: Depot) -> None:
    client, requests = depot(httpx2.Response(200, json={"username": "bob"}), environ={"STEELYARD_TOKEN": "sy_t_s"})
    assert client.users.me()["username"] == "bob"
    assert requests[0].headers["authorization"] == "Bearer sy_t_s"
