"""What people change about a model: words, switches, aliases; its address and its files stay."""

import json
from typing import Any

import pytest

from steelyard.testing.hub import Blob, Content, StandInHub
from tests.flows.house import House, slug

WEIGHTS = Blob(300_000, 61)
FILES: dict[str, Content] = {"config.json": b"{}", "model.safetensors": WEIGHTS}
ADDRESS = "/api/models/org/name"


@pytest.fixture
async def shelf(hub: StandInHub, house: House) -> House:
    """A house with two models."""
    hub.add("org/name", FILES)
    hub.add("gpt2", {"config.json": b'{"model_type": "gpt2"}'})
    await house.bring("org/name")
    await house.bring("gpt2")
    return house


async def change(house: House, body: Any, expect: int = 200, method: str = "PATCH", path: str = ADDRESS) -> Any:
    headers = {"X-Steelyard-User": "alice", "Content-Type": "application/json"}
    answer = await house.http.request(method, path, content=json.dumps(body), headers=headers)
    assert answer.status_code == expect, answer.text
    return answer.json()


@pytest.mark.parametrize(("method", "prefix"), [("PUT", "/api/models"), ("PATCH", "/api/v1/models")])
async def test_only_what_is_given_changes(shelf: House, method: str, prefix: str) -> None:
    before = await shelf.get(ADDRESS)
    words = {"name": "Our chat", "description": "Two\nlines", "tags": ["chat", "7B", "chat"]}
    after = await change(shelf, words, method=method, path=f"{prefix}/org/name")
    assert (after["name"], after["description"], after["tags"]) == ("Our chat", "Two\nlines", ["chat", "7B"])
    same = {"model", "id", "revision", "revisions", "files", "status", "active", "pinned", "private", "aliases"}
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert (await change(shelf, {"description": None}, method=method))["description"] is None
    assert (await change(shelf, {}, method=method))["tags"] == ["chat", "7B"]


async def test_switches(shelf: House) -> None:
    after = await change(shelf, {"pinned": True, "private": True, "status": "inactive"})
    assert (after["pinned"], after["private"], after["active"], after["status"]) == (True, True, False, "ready")
    again = await change(shelf, {"pinned": False, "private": False, "status": "active"})
    assert (again["pinned"], again["private"], again["active"]) == (False, False, True)


async def test_an_inactive_model_is_listed_and_refused(hub: StandInHub, shelf: House) -> None:
    await change(shelf, {"status": "inactive"})
    hub.ledger.clear()
    answer = await shelf.http.post("/pull", json={"model": "org/name"})
    assert (answer.status_code, slug(answer.json())) == (409, "model-inactive")
    assert "steelyard set org/name --active" in answer.json()["hint"]
    assert hub.ledger.requests() == []
    assert (await shelf.get("/api/models"))["count"] == 2
    assert await shelf.get(f"{ADDRESS}/exists") == {"exists": True, "status": "ready"}
    await change(shelf, {"status": "active"})
    await shelf.pull("org/name", expect=200)


async def test_an_alias_is_a_name_everywhere(shelf: House) -> None:
    changed = await change(shelf, {"aliases": ["Chat", "best"]})
    assert changed["aliases"] == ["best", "chat"]
    assert (await shelf.get("/api/models/CHAT"))["model"] == "org/name"
    assert await shelf.get("/api/models/chat/exists") == {"exists": True, "status": "ready"}
    assert (await shelf.get("/api/models/best/files"))["count"] == 2
    assert (await shelf.get("/api/models/best/stats"))["model"] == "org/name"
    assert (await shelf.pull("chat", expect=200))["model"] == "org/name"
    assert (await change(shelf, {"pinned": True}, path="/api/models/chat"))["model"] == "org/name"
    listed = {model["model"]: model["aliases"] for model in (await shelf.get("/api/models"))["models"]}
    assert listed == {"gpt2": [], "org/name": ["best", "chat"]}
    assert (await change(shelf, {"aliases": ["chat"]}))["aliases"] == ["chat"]
    await shelf.get("/api/models/best", expect=404)


async def test_an_alias_wins_over_a_repository_that_comes_later(hub: StandInHub, shelf: House) -> None:
    hub.add("newcomer", FILES)
    await change(shelf, {"aliases": ["newcomer"]})
    assert (await shelf.pull("newcomer", expect=200))["model"] == "org/name"


async def test_a_taken_alias_says_who_has_it(shelf: House) -> None:
    await change(shelf, {"aliases": ["other"]}, path="/api/models/gpt2")
    for alias in ("gpt2", "GPT2", "other"):
        problem = await change(shelf, {"aliases": ["mine", alias]}, expect=409)
        assert (slug(problem), "gpt2" in problem["detail"]) == ("alias-taken", True)
    assert (await shelf.get(ADDRESS))["aliases"] == []


async def test_what_does_not_fit_changes_nothing(shelf: House) -> None:
    before = await shelf.get(ADDRESS)
    bodies: list[Any] = [
        {"aliases": ["a/b"]}, {"aliases": ["exists"]}, {"aliases": ["fine", "m~abc"]}, {"unknown": 1}, {"name": None},
        {"name": "\ud800"}, {"pinned": "yes"}, {"name": "fine", "status": "ready"}, [], None,
    ]  # fmt: skip
    for body in bodies:
        await change(shelf, body, expect=422)
    after = await shelf.get(ADDRESS)
    assert {**after, "stats": None} == {**before, "stats": None}


async def test_changes_are_events_of_the_model(shelf: House) -> None:
    await change(shelf, {"pinned": True})
    (newest, *_) = (await shelf.get("/api/stats"))["recent_activity"]
    assert (newest["action"], newest["model"], newest["username"]) == ("update", "org/name", "alice")


async def test_an_unknown_model_and_reserved_words(shelf: House) -> None:
    assert slug(await change(shelf, {}, expect=404, path="/api/models/org/absent")) == "model-missing"
    assert "catalog id" in (await change(shelf, {}, expect=404, path=f"{ADDRESS}/files"))["hint"]


async def test_search_looks_at_titles_tags_and_aliases(shelf: House) -> None:
    await change(shelf, {"name": "Our own", "tags": ["summer school", "x"], "aliases": ["chatty"]})
    looked_for = {
        "our": ["org/name"],
        "SUMMER": ["org/name"],
        "hatt": ["org/name"],
        "GPT": ["gpt2"],
        '", "': [],
        "zz": [],
    }
    for q, found in looked_for.items():
        answer = await shelf.get("/api/models", q=q)
        assert (answer["count"], [model["model"] for model in answer["models"]]) == (len(found), found)


async def test_lists_leave_the_files_out(shelf: House) -> None:
    listed = await shelf.get("/api/models")
    assert [model["files"] for model in listed["models"]] == [[], []]
    sizes = {model["model"]: model["size_bytes"] for model in listed["models"]}
    assert sizes["org/name"] == (await shelf.get(ADDRESS))["size_bytes"] == WEIGHTS.size + 2
