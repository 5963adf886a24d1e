"""Who may do what by Ollama's protocol, and whom the log names."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from steelyard.testing.hub import StandInHub
from tests.flows.chatting import ECHOES, MODEL, body, weights
from tests.flows.house import open_house
from tests.flows.town import Town

Way = tuple[str | None, tuple[str, str, Any], int]
WAYS: tuple[Way, ...] = (
    (None, ("GET", "/api/tags", None), 401),
    ("vera", ("GET", "/api/tags", None), 200),
    ("vera", ("POST", "/api/chat", body(stream=False)), 403),
    ("bob", ("POST", "/api/chat", body(stream=False)), 200),
    ("vera", ("POST", "/api/pull", {"model": MODEL}), 403),
    ("bob", ("DELETE", "/api/delete", {"model": MODEL}), 403),
    ("bob", ("POST", "/api/copy", {"source": MODEL, "destination": "x"}), 403),
    ("alice", ("POST", "/api/copy", {"source": MODEL, "destination": "x"}), 200),
)


@pytest.fixture
async def town(hub: StandInHub, home: Path) -> AsyncIterator[Town]:
    """A depot with accounts, and a parrot of alice's."""
    hub.add(MODEL, {"parrot-Q8_0.gguf": weights()})
    async with open_house(hub, home, server__auth="required", limits__reads_per_second=0, **ECHOES) as house:
        town = Town(house)
        await town.settle()
        await town.bring("alice", MODEL)
        yield town


async def test_who_may_do_what(town: Town) -> None:
    for who, (method, path, content), status in WAYS:
        found, answer = await town.ask(who, method, path, json=content)
        assert found == status, (who, path, answer)
        assert status < 400 or isinstance(answer["error"], str), (who, path)
    for method in ("GET", "HEAD"):
        beat = await town.house.http.request(method, "/")
        assert (beat.status_code, beat.text) == (200, "Ollama is running" if method == "GET" else "")
    page = await town.house.http.get("/", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/login")


async def test_nobody_changes_what_goes_with_a_name_but_its_owner(town: Town) -> None:
    made = {"model": "pirate", "from": MODEL, "system": "Arr.", "stream": False}
    assert (await town.ask("alice", "POST", "/api/create", json=made))[0] == 200
    for source in (MODEL, "pirate"):
        calls = {
            "/api/create": {"model": "pirate", "from": source, "system": "Mine.", "stream": False},
            "/api/copy": {"source": source, "destination": "pirate"},
        }
        for path, content in calls.items():
            status, answer = await town.ask("bob", "POST", path, json=content)
            assert status == 403, (path, source, answer)
    town.house.hub.add("org/other", {"other-Q8_0.gguf": weights(9)})
    await town.bring("bob", "org/other")
    assert (await town.ask("bob", "POST", "/api/copy", json={"source": "org/other", "destination": "pirate"}))[0] == 403
    shown = (await town.ask("alice", "POST", "/api/show", json={"model": "pirate"}))[1]
    assert (shown["system"], shown["details"]["parent_model"]) == ("Arr.", MODEL)


async def test_a_private_model_is_shown_to_nobody_else_and_neither_is_its_preset(town: Town) -> None:
    made = {"model": "pirate", "from": MODEL, "system": "Arr.", "stream": False}
    assert (await town.ask("alice", "POST", "/api/create", json=made))[0] == 200
    assert (await town.ask("alice", "PATCH", f"/api/models/{MODEL}", json={"private": True}))[0] == 200
    assert (await town.ask("bob", "GET", "/api/tags"))[1]["models"] == []
    assert len((await town.ask("alice", "GET", "/api/tags"))[1]["models"]) == 2
    for name in ("pirate", MODEL):
        status, answer = await town.ask("bob", "POST", "/api/show", json={"model": name})
        assert (status, "Arr" in str(answer)) == (404, False)
