"""The people behind an Open WebUI: on every surface by their own name, with rights of their own, and never more."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from steelyard.identity.principal import PrincipalKind
from steelyard.testing.hub import StandInHub
from tests.flows.chatting import ECHOES, MODEL, body, chatting_house, weights
from tests.flows.house import open_house
from tests.flows.town import Town

SECRET = "a secret of some length"
SURFACES = ("/api/chat", "/v1/chat/completions", "/chat")


@pytest.fixture
async def town(hub: StandInHub, home: Path) -> AsyncIterator[Town]:
    """A depot with accounts, an Open WebUI whose signature it knows, and a parrot of alice's."""
    async with _town(hub, home) as town:
        yield town


@pytest.fixture
async def listed(hub: StandInHub, home: Path) -> AsyncIterator[Town]:
    """The same, which knows Open WebUI's address as well."""
    async with _town(hub, home, identity__openwebui_addresses=["127.0.0.1"]) as town:
        yield town


@asynccontextmanager
async def _town(hub: StandInHub, home: Path, **more: Any) -> AsyncIterator[Town]:
    hub.add(MODEL, {"parrot-Q8_0.gguf": weights()})
    options: dict[str, Any] = {"server__auth": "required", "identity__openwebui_secret": SECRET, **more}
    async with open_house(hub, home, limits__reads_per_second=0, **options, **ECHOES) as house:
        town = Town(house)
        await town.settle()
        await town.bring("alice", MODEL)
        yield town


def signed(email: str, subject: str = "4f", secret: str = SECRET, **more: Any) -> dict[str, str]:
    """What Open WebUI sends for somebody."""
    claims = {"sub": subject, "email": email, "name": "Dora", "iss": "open-webui", "exp": time.time() + 300, **more}
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256"}, claims)]
    text = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    mac = hmac.digest(secret.encode(), text.encode(), hashlib.sha256)
    return {"X-OpenWebUI-User-Jwt": f"{text}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"}


def plain(subject: str = "4f") -> dict[str, str]:
    """What it sends without a secret."""
    return {
        "X-OpenWebUI-User-Id": subject, "X-OpenWebUI-User-Name": "Zo%C3%AB", "X-OpenWebUI-User-Role": "admin",
        "X-OpenWebUI-User-Email": "zoe@example.org",
    }  # fmt: skip


async def link(town: Town, name: str, subject: str) -> None:
    await town.house.depot.society.links.link(town.maker, name, (PrincipalKind.PROXY, f"open-webui:{subject}"))


async def names(town: Town) -> list[str]:
    """Under whose name generations were recorded, newest first."""
    _, log = await town.ask("root", "GET", "/api/v1/events", params={"type": "generation_completed"})
    return [one["username"] for one in log["events"]]


@pytest.mark.parametrize("path", SURFACES)
async def test_a_service_asks_for_whom_open_webui_signs(town: Town, path: str) -> None:
    for headers in (signed("dora@example.org"), signed("alice", "5f"), signed("eve", "6f", "some other secret"), {}):
        status, _ = await town.ask("robot", "POST", path, json=body(stream=False), headers=headers)
        assert status == 200
    assert await names(town) == ["robot", "robot", "alice (proxy)", "dora@example.org"]


@pytest.mark.parametrize("path", SURFACES)
async def test_a_linked_person_has_their_own_rights(town: Town, path: str) -> None:
    for name, subject in (("alice", "1"), ("bob", "2"), ("vera", "3")):
        await link(town, name, subject)
    assert (await town.ask("alice", "PATCH", f"/api/models/{MODEL}", json={"private": True}))[0] == 200
    expected = {"1": 200, "2": 404, "3": 403, "4": 404}
    for subject, status in expected.items():
        answer = await town.ask("robot", "POST", path, json=body(stream=False), headers=signed("x", subject))
        assert answer[0] == status, (subject, answer)
    assert await names(town) == ["alice"]
    for listing, key in (("/api/tags", "models"), ("/v1/models", "data")):
        _, hers = await town.ask("robot", "GET", listing, headers=signed("x", "1"))
        _, his = await town.ask("robot", "GET", listing, headers=signed("x", "2"))
        assert (bool(hers[key]), his[key]) == (True, [])


async def test_the_limits_are_the_persons(town: Town) -> None:
    await link(town, "bob", "2")
    limits = {"period_requests": 0, "period": "day"}
    assert (await town.ask("root", "PUT", "/api/v1/quotas/user/bob", json=limits))[0] == 200
    town.house.hub.add("org/more", {"config.json": b"{}"})
    said = [
        (await town.ask("robot", "POST", "/pull", json={"model": "org/more"}, headers=headers))[1]["status"]
        for headers in (signed("x", "2"), {})
    ]
    assert (said[0], said[1] == "awaiting_approval") == ("awaiting_approval", False)
    _, history = await town.ask("root", "GET", "/api/v1/downloads/history")
    assert [line["username"] for line in history["requests"][:2]] == ["robot", "bob"]


async def test_what_a_linked_person_says_does_not_win_over_the_signature(town: Town) -> None:
    await link(town, "vera", "3")
    headers = {**signed("x", "3"), "X-Steelyard-User": "alice"}
    assert (await town.ask("robot", "POST", "/api/chat", json=body(stream=False), headers=headers))[0] == 403
    _, me = await town.ask("robot", "GET", "/api/v1/me", headers=headers)
    assert (me["username"], me["account"], me["role"]) == ("vera", "vera", "viewer")


async def test_an_administrator_behind_it_is_a_member_and_nobody_touches_an_account(town: Town) -> None:
    await link(town, "root", "1")
    _, me = await town.ask("robot", "GET", "/api/v1/me", headers=signed("x", "1"))
    assert (me["account"], me["role"], "admin" in me["scopes"]) == ("root", "member", False)
    for method, path in (("GET", "/api/v1/users"), ("GET", "/api/v1/tokens"), ("POST", "/api/v1/keys")):
        assert (await town.ask("robot", method, path, headers=signed("x", "1")))[0] == 403
    assert (await town.ask("robot", "DELETE", f"/api/models/{MODEL}", headers=signed("x", "1")))[0] == 403


@pytest.mark.parametrize("path", SURFACES)
async def test_a_disabled_person_is_not_let_in_by_the_service(town: Town, path: str) -> None:
    await link(town, "bob", "2")
    await town.house.depot.society.users.change(town.maker, "bob", None, disabled=True)
    status, answer = await town.ask("robot", "POST", path, json=body(stream=False), headers=signed("x", "2"))
    assert (status, "disabled" in str(answer)) == (401, True)


async def test_a_signature_alone_is_nothing_from_an_address_that_nobody_listed(town: Town) -> None:
    await link(town, "alice", "4f")
    for headers in (signed("alice"), plain()):
        assert (await town.ask(None, "GET", "/api/tags", headers=headers))[0] == 401
        _, me = await town.ask("bob", "GET", "/api/v1/me", headers=headers)
        assert me["username"] == "bob"
        assert (await town.ask("robot", "GET", "/api/v1/me", headers=plain()))[1]["username"] == "robot"


async def test_a_token_of_a_person_is_theirs_whatever_is_signed(town: Town) -> None:
    await link(town, "alice", "4f")
    _, me = await town.ask("bob", "GET", "/api/v1/me", headers=signed("alice"))
    assert me["username"] == "bob"


async def test_from_a_listed_address_the_person_is_a_guest_without_a_token(listed: Town) -> None:
    for headers in (signed("dora@example.org"), plain("9")):
        assert (await listed.ask(None, "GET", "/api/tags", headers=headers))[0] == 200
        assert (await listed.ask(None, "POST", "/api/chat", json=body(), headers=headers))[0] == 403
    bad = signed("dora", secret="not the secret here")
    assert (await listed.ask(None, "GET", "/api/tags", headers={**bad, **plain()}))[0] == 401


@pytest.mark.parametrize("sent", [lambda: signed("x"), plain])
async def test_from_there_a_linked_person_works_and_no_more(listed: Town, sent: Callable[[], dict[str, str]]) -> None:
    headers = sent()  # signed now: what was signed when the tests were collected is too old by then
    await link(listed, "root", "4f")
    assert (await listed.ask(None, "POST", "/v1/chat/completions", json=body(), headers=headers))[0] == 200
    assert await names(listed) == ["root"]
    _, me = await listed.ask(None, "GET", "/api/v1/me", headers=headers)
    assert (me["role"], "admin" in me["scopes"]) == ("member", False)
    assert (await listed.ask(None, "GET", "/api/v1/users", headers=headers))[0] == 403


async def test_in_an_open_depot_the_person_is_named(hub: StandInHub, home: Path) -> None:
    async with chatting_house(hub, home, identity__openwebui_secret=SECRET) as house:
        for headers in (signed("dora@example.org"), plain()):
            answer = await house.http.post("/api/chat", json=body(stream=False), headers=headers)
            assert answer.status_code == 200
        log = await house.get("/api/v1/events", type="generation_completed")
        assert [one["username"] for one in log["events"]][1] == "dora@example.org"
        assert log["events"][0]["username"] != "zoe@example.org"
