"""What is remembered of statistics is told only while it is true, and only to whom it may be told."""

import json
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from steelyard.core.clock import system_clock
from steelyard.testing.hub import StandInHub
from steelyard.usage.events import Event
from tests.flows.house import House, open_house
from tests.flows.town import Town

DAY = timedelta(days=1)
PATHS = (
    "/api/models/org/outside/stats", "/api/v1/users/carol/stats", "/api/v1/stats/ip/10.0.0.9", "/api/v1/stats",
    "/api/v1/stats/models", "/api/v1/stats/users", "/api/v1/stats/matrix", "/api/v1/stats/growth",
    "/api/v1/stats/costs", "/api/v1/downloads/stats",
)  # fmt: skip
Query = Mapping[str, Any]
LIVE = ("total_requests", "access_count")  # every look at them is one more


def use(model: str, ago: timedelta, **more: Any) -> Event:
    at = system_clock.now() - ago
    return Event(**{"type": "generation_completed", "at": at, "model": model, "duration_ms": 100.0, **more})


async def record(house: House, *events: Event) -> None:
    for one in events:
        await house.depot.recorder.record(one)


async def principal(house: House, name: str) -> int:
    """The number of somebody, who has asked for something with that."""
    await house.http.get("/api/models", headers={"X-Steelyard-User": name})
    return min(await house.depot.history.principals(name))


@pytest.fixture
def past() -> Query:
    """A range that nothing reaches which is recorded now."""
    now = system_clock.now()
    return {"since": (now - 10 * DAY).isoformat(), "until": (now - DAY).isoformat()}


def without(names: tuple[str, ...], answer: Mapping[str, Any]) -> dict[str, Any]:
    inner = {name: value for name, value in answer.items() if name not in names}
    return inner | ({"stats": without(names, inner["stats"])} if "stats" in inner else {})


def once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """For ``json``: an object in which no name comes twice."""
    assert len(dict(pairs)) == len(pairs), pairs
    return dict(pairs)


async def test_who_asks_again_hears_the_same(house: House, past: Query) -> None:
    carol = await principal(house, "carol")
    events = [use("org/outside", n * DAY, principal=carol, address="10.0.0.9") for n in (2, 3, 12)]
    await record(house, *events)
    for path in PATHS:
        first, second = [await house.get(path, **past) for _ in range(2)]
        assert without(LIVE, first) == without(LIVE, second), path
    cache, is_remembered = house.depot.usage.answers.cache, house.depot.database.version.now() is not None
    assert (cache.hits, cache.misses) == ((len(PATHS), len(PATHS)) if is_remembered else (0, 0))
    await house.depot.usage.fold.fold_all()
    assert (await house.get(PATHS[0], **past))["uses"] == 2


async def test_an_answer_names_nothing_twice(hub: StandInHub, house: House, past: Query) -> None:
    hub.add("org/name", {"config.json": b"{}"})
    await house.bring("org/name", "carol")
    await record(house, use("org/outside", 2 * DAY))
    for path in (*PATHS, "/api/models/org/name/stats"):
        for query in (past, {}):
            answer = await house.http.get(path, params=query)
            assert answer.headers["content-type"] == "application/json"
            json.loads(answer.content, object_pairs_hook=once_each)


async def test_what_is_told_of_all_time_is_true_each_time(hub: StandInHub, house: House, past: Query) -> None:
    hub.add("org/name", {"config.json": b"{}"})
    await house.bring("org/name")
    await record(house, use("org/name", 2 * DAY))
    path = "/api/models/org/name/stats"
    first, second = [await house.get(path, **past) for _ in range(2)]
    assert second["stats"]["access_count"] == second["access_count"] == first["access_count"] + 1
    assert first["uses"] == second["uses"] == 1
    assert (await house.get(path))["uses"] == 2  # of all time, with the pull
    await record(house, use("org/name", 20 * DAY))
    third = await house.get(path, **past)
    assert third["first_used_at"] < second["first_used_at"]
    assert third["uses"] == 1


async def test_every_look_is_in_the_access_log(house: House, past: Query) -> None:
    await record(house, use("org/outside", 2 * DAY))
    for _ in range(3):
        await house.get("/api/models/org/outside/stats", **past)
        await house.get("/api/v1/stats/models", **past)
    lines = (await house.get("/api/v1/events", type="model_access"))["events"]
    assert [line["model"] for line in lines] == ["org/outside"] * 3
    assert (await house.get("/api/v1/events", type="api_request"))["count"] >= 3


async def test_a_late_event_is_told_at_once(house: House, past: Query) -> None:
    for number in range(1, 4):
        await record(house, use("org/outside", 2 * DAY))
        if number == 2:
            await house.depot.usage.fold.fold_all()
        top = await house.get("/api/v1/stats/models", **past)
        assert [line["uses"] for line in top["models"]] == [number]


async def test_another_name_of_a_model_or_a_person_is_told_at_once(hub: StandInHub, house: House, past: Query) -> None:
    hub.add("org/name", {"config.json": b"{}"})
    await house.bring("org/name", "carol")
    carol = await principal(house, "carol")
    await record(house, use("mine", 2 * DAY, principal=carol))

    async def named(path: str, plural: str, field: str) -> list[str]:
        return [line[field] for line in (await house.get(path, **past))[plural]]

    assert await named("/api/v1/stats/models", "models", "model") == ["mine"]
    await house.http.patch("/api/models/org/name", json={"aliases": ["mine"]})
    assert await named("/api/v1/stats/models", "models", "model") == ["org/name"]
    assert (await house.get("/api/models/mine/stats", **past))["model"] == "org/name"
    assert await named("/api/v1/stats/users", "users", "username") == ["carol"]
    answer = await house.http.post("/api/v1/users", json={"username": "Carol", "role": "member"})
    assert answer.status_code == 201, answer.text
    assert await named("/api/v1/stats/users", "users", "username") == ["carol (declared)"]  # not the one of the account


@pytest.fixture
async def town(hub: StandInHub, tmp_path: Path) -> AsyncIterator[Town]:
    """A depot where access is required."""
    async with open_house(hub, tmp_path / "home", server__auth="required", limits__reads_per_second=0) as house:
        town = Town(house)
        await town.settle()
        yield town


async def test_what_is_made_private_is_told_to_nobody_else_from_then_on(
    town: Town, hub: StandInHub, past: Query
) -> None:
    hub.add("org/secret", {"config.json": b"{}"})
    await town.bring("alice", "org/secret")
    await record(town.house, use("org/secret", 2 * DAY))

    async def seen(who: str) -> set[bool]:
        paths = ("/api/v1/stats/models", "/api/v1/stats", "/api/v1/stats/costs", "/api/v1/stats/matrix")
        answers = [json.dumps((await town.ask(who, "GET", path, params=past))[1]) for path in paths]
        status, _ = await town.ask(who, "GET", "/api/models/org/secret/stats", params=past)
        return {status == 200, *("org/secret" in answer for answer in answers)}

    for is_private in (False, True, False):
        await town.ask("alice", "PATCH", "/api/models/org/secret", json={"private": is_private})
        for _ in range(2):  # what is remembered by then, too
            assert await seen("alice") == await seen("root") == {True}
            assert await seen("bob") == {not is_private}


async def test_nobody_gets_what_was_told_to_somebody_else(town: Town, past: Query) -> None:
    of: dict[str, int] = {}
    for who in ("alice", "bob"):
        await town.ask(who, "GET", "/api/models")
        of[who] = min(await town.house.depot.history.principals(who))
    await record(town.house, *(use("org/a", 2 * DAY, principal=one, agent=f"program/{one}") for one in of.values()))
    for _ in range(2):
        for who in ("root", "alice", "bob"):
            _, top = await town.ask(who, "GET", "/api/v1/stats/users", params=past)
            assert {line["username"] for line in top["users"]} == ({"alice", "bob"} if who == "root" else {who})
            _, depot = await town.ask(who, "GET", "/api/v1/stats", params=past)
            assert len(depot["agents"]) == (2 if who == "root" else 0)
        for who in ("alice", "bob"):
            _, own = await town.ask(who, "GET", "/api/v1/users/me/stats", params=past)
            assert (own["username"], own["agents"]) == (who, {f"program/{of[who]}": 1})
            assert (await town.ask(who, "GET", "/api/v1/users/root/stats", params=past))[0] == 403
        assert (await town.ask("root", "GET", "/api/v1/users/bob/stats", params=past))[1]["uses"] == 1
