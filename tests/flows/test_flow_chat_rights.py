"""Who may ask which model, and whom the log names."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from steelyard.serving.tables import sessions
from steelyard.testing.hub import StandInHub
from tests.flows.chatting import ECHOES, MODEL, body, echo, weights
from tests.flows.house import eventually, open_house, slug
from tests.flows.town import Town


@pytest.fixture
async def town(hub: StandInHub, home: Path) -> AsyncIterator[Town]:
    """A depot with accounts, and a parrot of alice's."""
    hub.add(MODEL, {"parrot-Q8_0.gguf": weights()})
    async with open_house(hub, home, server__auth="required", limits__reads_per_second=0, **ECHOES) as house:
        town = Town(house)
        await town.settle()
        await town.bring("alice", MODEL)
        yield town


async def test_a_private_model_is_its_owners_also_once_it_is_in_memory(town: Town) -> None:
    assert (await town.ask("bob", "POST", "/chat", json=body()))[0] == 200
    assert (await town.ask("alice", "PATCH", f"/api/models/{MODEL}", json={"private": True}))[0] == 200
    status, problem = await town.ask("bob", "POST", "/chat", json=body())
    assert (status, slug(problem)) == (404, "model-missing")
    assert (await town.ask("bob", "POST", "/api/v1/engines/unload", json={"model": MODEL}))[0] == 404
    assert (await town.ask("alice", "POST", "/chat", json=body()))[0] == 200
    assert len(echo(town.house).loaded) == 1, "a change of its description unloads nothing"
    shown = {who: (await town.ask(who, "GET", "/api/v1/engines/loaded"))[1] for who in ("alice", "bob", "root")}
    assert {who: loaded["count"] for who, loaded in shown.items()} == {"alice": 1, "bob": 0, "root": 1}
    assert MODEL not in str(shown["bob"])


async def test_a_pinned_model_is_unloaded_by_its_owner_and_administrators_alone(town: Town) -> None:
    assert (await town.ask("alice", "PATCH", f"/api/models/{MODEL}", json={"pinned": True}))[0] == 200
    for who, status in (("bob", 403), ("alice", 200), ("root", 200)):
        assert (await town.ask("bob", "POST", "/chat", json=body(keep_alive=0)))[0] == 200
        empty = {"model": MODEL, "messages": [], "keep_alive": 0}
        assert (await town.ask("bob", "POST", "/api/chat", json=empty))[0] == 200, "as Open WebUI asks all the time"
        assert len(echo(town.house).loaded) == 1, "pinned"
        _, answer = await town.ask("bob", "POST", "/chat", json=body(context=8192))
        assert answer["notes"] == ["context: the model is pinned, with 4096 tokens."]
        (loaded,) = (await town.ask("bob", "GET", "/api/v1/engines/loaded"))[1]["models"]
        assert loaded["context"] == 4096, "nobody evicts it by asking for more"
        assert (await town.ask(who, "POST", "/api/v1/engines/unload", json={"model": MODEL}))[0] == status
    await eventually(_is_empty(town), "it is unloaded")


def _is_empty(town: Town) -> Callable[[], Awaitable[bool]]:
    async def is_empty() -> bool:
        return not echo(town.house).loaded

    return is_empty


async def test_who_may_ask_whom_the_log_names_and_whose_conversations_they_are(town: Town) -> None:
    statuses = {None: 401, "wrong scope": 403, "vera": 403, "root": 200}
    for who, status in statuses.items():
        assert (await town.ask(who, "POST", "/chat", json=body()))[0] == status, who
    await town.ask("bob", "POST", "/chat", json=body(session="trip"))
    await town.ask("robot", "POST", "/chat", json=body(), headers={"X-Steelyard-User": "alice"})
    _, log = await town.ask("root", "GET", "/api/v1/events", params={"type": "generation_completed"})
    assert [event["username"] for event in log["events"]] == ["alice", "bob", "root"]
    for who, count in (("bob", 1), ("alice", 0), ("root", 0)):
        assert (await town.ask(who, "GET", "/api/v1/sessions"))[1]["count"] == count, who
    assert (await town.ask("root", "GET", "/api/v1/sessions/trip"))[0] == 404, "not even administrators"
    assert (await town.ask("vera", "GET", "/api/v1/sessions"))[0] == 403


async def test_conversations_are_exported_and_forgotten_with_their_person(town: Town) -> None:
    for who in ("bob", "alice"):
        await town.ask(who, "POST", "/chat", json=body("bread", session="trip"))
    token = {"Authorization": f"Bearer {town.tokens['bob']}"}
    known = (await town.house.http.get("/api/v1/users/bob/export", headers=token)).text
    assert '"record":"session"' in known.replace(" ", "")
    assert "bread" in known
    status, told = await town.ask("root", "POST", "/api/v1/users/bob/forget", json={})
    assert status == 200, told
    kept = await town.house.depot.database.read(lambda connection: connection.execute(select(sessions.c.name)).all())
    assert len(kept) == 1
    assert (await town.ask("alice", "GET", "/api/v1/sessions"))[1]["count"] == 1
