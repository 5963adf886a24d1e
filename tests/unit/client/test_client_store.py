"""What the store groups ask, and the models' new verbs."""

import json
from collections.abc import Callable

import httpx2
import pytest

from steelyard.client import Client, Conflict

Depot = Callable[..., tuple[Client, list[httpx2.Request]]]
STARTED = {"job_id": "j", "findings": "/f", "outcome": "/o", "job": {}}


def said(request: httpx2.Request) -> object:
    """The JSON body of a request."""
    return json.loads(request.content)


def test_only_what_is_given_changes(depot: Depot) -> None:
    client, requests = depot(*(httpx2.Response(200, json={"id": "m", "model": "a/b"}) for _ in range(3)))
    client.models.update("a/b", pinned=True)
    client.models.update("a/b", description="", tags=[], aliases=["chat"])
    client.models.update("a/b", active=False)
    assert [said(request) for request in requests] == [
        {"pinned": True}, {"description": None, "tags": [], "aliases": ["chat"]}, {"status": "inactive"}
    ]  # fmt: skip
    assert {request.method for request in requests} == {"PATCH"}


def test_a_deletion_says_what_it_frees(depot: Depot) -> None:
    client, requests = depot(httpx2.Response(200, json={"id": "m", "frees_bytes": 5, "shared_bytes": 1}))
    assert client.models.delete("a/b", dry_run=True)["frees_bytes"] == 5
    assert dict(requests[0].url.params) == {"dry_run": "true"}


def test_a_pinned_model_is_a_conflict(depot: Depot) -> None:
    body = {"type": "urn:steelyard:problem:model-pinned", "title": "t", "status": 409, "detail": "d"}
    client, _ = depot(httpx2.Response(409, json=body, headers={"content-type": "application/problem+json"}))
    with pytest.raises(Conflict):
        client.models.delete("a/b")


def test_findings_are_open_ones_unless_resolved_ones_are_asked_for(depot: Depot) -> None:
    empty = {"count": 0, "findings": []}
    client, requests = depot(httpx2.Response(200, json=empty), httpx2.Response(200, json=empty))
    client.store.findings(model="a/b")
    client.store.findings(resolved=True)
    assert [dict(request.url.params) for request in requests] == [{"model": "a/b", "open": "true"}, {"open": "false"}]


def test_findings_page_by_page(depot: Depot) -> None:
    pages = [{"count": 3, "findings": [{"id": 1}, {"id": 2}]}, {"count": 3, "findings": [{"id": 3}]}]
    client, _ = depot(*(httpx2.Response(200, json=page) for page in pages))
    assert [finding["id"] for finding in client.store.iterate_findings(page_size=2)] == [1, 2, 3]


def test_a_scan_is_a_job(depot: Depot) -> None:
    client, requests = depot(httpx2.Response(202, json=STARTED))
    assert client.store.scan(accept_missing=True)["job_id"] == "j"
    assert said(requests[0]) == {"accept_missing": True}


def test_an_import_can_be_rehearsed(depot: Depot) -> None:
    plan = {"dry_run": True, "path": "/data", "kind": "auto", "copy": False, "totals": {}, "models": []}
    client, requests = depot(
        httpx2.Response(200, json=plan), httpx2.Response(202, json={"job_id": "j", "status": "queued"})
    )
    client.imports.plan("/data", name="team/model")
    client.imports.start("/data", copy=True)
    assert [said(request) for request in requests] == [
        {"path": "/data", "name": "team/model", "dry_run": True}, {"path": "/data", "copy": True}
    ]  # fmt: skip
