"""The SDK reaches every route that the OpenAPI document names, in both of its forms."""

import inspect
import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest

import steelyard
from steelyard.app import create_app
from tests.flows.house import House

Route = tuple[str, str]
# Twins under another path, and what is not for programs in Python.
_TWIN = re.compile(r"^/api/v1(?=/(jobs|pull|models|stats|chat)\b)")
_LEFT_OUT = {
    ("GET", "/metrics"), ("GET", "/api/v1/stream"), ("PUT", "/models/{reference}"),
    ("POST", "/api/v1/login"), ("POST", "/api/v1/logout"), ("POST", "/api/v1/setup"),  # for browsers
    # The same as a list or a query narrowed to one model, which the SDK asks instead.
    ("GET", "/models/{reference}/events"), ("GET", "/models/{reference}/exists"),
}  # fmt: skip
_CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("pull", ("org/name",), {}),
    ("models.list", (), {}), ("models.get", ("org/name",), {}), ("models.exists", ("org/name",), {}),
    ("models.files", ("org/name",), {}), ("models.stats", ("org/name",), {}), ("models.restore", ("org/name",), {}),
    ("models.update", ("org/name",), {"pinned": True}), ("models.delete", ("org/name",), {}),
    ("models.verify", ("org/name",), {}),
    ("jobs.list", (), {}), ("jobs.get", ("j",), {}), ("jobs.cancel", ("j",), {}), ("jobs.pause", ("j",), {}),
    ("jobs.resume", ("j",), {}), ("jobs.retry", ("j",), {}), ("jobs.delete", ("j",), {}), ("jobs.watch", ("j",), {}),
    ("downloads.history", (), {}), ("downloads.history", (), {"user": "alice"}),
    ("downloads.history", (), {"ip": "::1"}), ("downloads.get", ("t",), {}), ("downloads.cancel", ("t",), {}),
    ("downloads.export", ("csv",), {}), ("events.list", (), {}), ("events.export", ("ndjson",), {}),
    ("audit.list", (), {}), ("audit.export", ("csv",), {}),
    ("models.allow", ("org/name", "looked at"), {}), ("models.disallow", ("org/name",), {}),
    ("users.me", (), {}), ("users.list", (), {}), ("users.get", ("alice",), {}), ("users.add", ("alice",), {}),
    ("users.change", ("alice",), {"role": "viewer"}), ("users.delete", ("alice",), {}),
    ("users.set_password", ("alice", "a good password"), {}), ("users.logout", ("alice",), {}),
    ("users.link", ("alice", "proxy", "alice"), {}), ("users.unlink", ("alice", "proxy", "alice"), {}),
    ("users.principals", (), {}), ("users.export", ("alice",), {}), ("users.forget", ("alice",), {}),
    ("tokens.list", (), {}), ("tokens.add", ("laptop",), {}), ("tokens.revoke", ("t",), {}),
    ("keys.list", (), {}), ("keys.add", ("ssh-ed25519 AAAA",), {}), ("keys.remove", ("k",), {}),
    ("quotas.list", (), {}), ("quotas.me", (), {}), ("quotas.of_user", ("alice",), {}),
    ("quotas.set", (), {"held_bytes": 1}), ("quotas.set", (), {"user": "alice", "held_bytes": 1}),
    ("quotas.clear", (), {}), ("quotas.clear", (), {"role": "member"}), ("approvals.list", (), {}),
    ("approvals.get", ("t",), {}), ("approvals.approve", ("t",), {}), ("approvals.deny", ("t", "no"), {}),
    ("imports.plan", ("/data",), {}), ("imports.start", ("/data",), {}), ("imports.list", (), {}),
    ("imports.get", ("j",), {}), ("store.usage", (), {}), ("store.scan", (), {}), ("store.findings", (), {}),
    ("store.checks", (), {}), ("system.stats", (), {}), ("system.health", (), {}), ("system.live", (), {}),
    ("system.ready", (), {}), ("chat.ask", ("org/name", "hello"), {}), ("chat.stream", ("org/name", "hello"), {}),
    ("chat.load", ("org/name",), {}), ("engines.list", (), {}), ("engines.loaded", (), {}),
    ("engines.unload", ("org/name",), {}), ("sessions.list", (), {}), ("sessions.get", ("trip",), {}),
    ("sessions.delete", ("trip",), {}), ("events.report", ([{"type": "a"}],), {}),
    ("statistics.model", ("org/name",), {}), ("statistics.user", ("alice",), {}), ("statistics.address", ("::1",), {}),
    ("statistics.system", (), {}), ("statistics.models", (), {}), ("statistics.users", (), {}),
    ("statistics.matrix", (), {}), ("statistics.growth", (), {}), ("statistics.costs", (), {}),
    ("statistics.requests", (), {}),
]  # fmt: skip


@pytest.mark.parametrize("is_async", [True, False], ids=["async", "sync"])
async def test_every_route_is_reached(house: House, is_async: bool) -> None:
    operations = {
        (method.upper(), path)
        for path, methods in create_app(house.depot).openapi()["paths"].items()
        for method in methods
    }
    asked: set[Route] = set()
    client = _client(asked, is_async=is_async)
    for name, args, more in _CALLS:
        await _used(client, name, *args, **more)
    reached = {_common(operation) for operation in operations if any(_matches(operation, one) for one in asked)}
    wanted = {_common(operation) for operation in operations} - _LEFT_OUT
    assert wanted - reached == set()


def _client(asked: set[Route], *, is_async: bool) -> Any:
    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.add((request.method, request.url.path))
        return _anything(request)

    kind = steelyard.AsyncClient if is_async else steelyard.Client
    return kind("http://depot.test", environ={"STEELYARD_USER": "a"}, transport=httpx2.MockTransport(answer))


def _anything(request: httpx2.Request) -> httpx2.Response:
    """An answer that every parser takes: the shape of everything at once."""
    accept = request.headers["accept"]
    if accept == "text/event-stream":
        job = json.dumps({"id": "j", "status": "succeeded", "delta": {}, "done": True})
        return httpx2.Response(200, headers={"content-type": accept}, text=f"event: job\ndata: {job}\n\n")
    if accept != "application/json":
        return httpx2.Response(200, headers={"content-type": accept}, text="")
    nouns = (
        "models", "jobs", "requests", "events", "files", "findings", "checks", "imports", "entries", "quotas",
        "approvals", "users", "principals", "tokens", "engines", "sessions", "keys", "series", "rejected",
    )  # fmt: skip
    lists: dict[str, list[Any]] = {noun: [] for noun in nouns}
    one = {"id": "j", "job_id": "j", "status": "running", "model": "m", "exists": True, "bytes_free": 1, "version": "1"}
    said = {"username": "a", "pseudonym": "x", "kind": "user", "task_id": "t"}
    return httpx2.Response(
        200, json={"count": 0, **lists, **one, "total_models": 1, "download_count": 1, "path": "p", **said}
    )


async def _used(client: Any, name: str, *args: Any, **more: Any) -> None:
    method = client
    for part in name.split("."):
        method = getattr(method, part)
    result = method(*args, **more)
    if inspect.isawaitable(result):
        await result
    elif isinstance(result, AsyncIterator):
        async for _ in result:
            if name == "jobs.watch":
                continue
    elif isinstance(result, Iterator):
        list(result)


def _common(operation: Route) -> Route:
    method, path = operation
    plain = _TWIN.sub("", path).replace("/api/models", "/models").replace("/api/stats", "/stats")
    return (method, "/pull" if plain == "/models/download" else plain)


def _matches(operation: Route, asked: Route) -> bool:
    pattern = re.sub(r"\{[^}]+\}", "[^/]+(?:/[^/]+)?", operation[1])
    return operation[0] == asked[0] and re.fullmatch(pattern, asked[1]) is not None
