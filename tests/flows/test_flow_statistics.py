"""Statistics over HTTP: live, in the viewer's zone, with what somebody may see, and from sheets alone."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from steelyard.core.clock import system_clock
from steelyard.testing.hub import StandInHub
from steelyard.usage.events import Event
from tests.flows.house import House, open_house, slug
from tests.flows.town import Town

ROUTES = (
    "/api/models/org/outside/stats", "/api/v1/users/carol/stats", "/api/v1/stats/ip/10.0.0.9", "/api/v1/stats",
    "/api/v1/stats/models", "/api/v1/stats/users", "/api/v1/stats/matrix", "/api/v1/stats/growth",
    "/api/v1/stats/costs", "/api/v1/downloads/stats",
)  # fmt: skip


async def principal(house: House, name: str) -> int:
    """The number of somebody, who has asked for something with that."""
    await house.http.get("/api/models", headers={"X-Steelyard-User": name})
    return min(await house.depot.history.principals(name))


def use(model: str, ago: timedelta = timedelta(), **more: Any) -> Event:
    """A generation."""
    at = system_clock.now() - ago
    return Event(**{"type": "generation_completed", "at": at, "model": model, "duration_ms": 100.0, **more})


async def record(house: House, *events: Event) -> None:
    for one in events:
        await house.depot.recorder.record(one)


async def test_a_model_that_only_services_report(house: House) -> None:
    carol = await principal(house, "carol")
    hers = {"principal": carol, "address": "10.0.0.9"}
    events = [use("org/outside", timedelta(days=n), success=n != 1, **hers) for n in range(3)]
    await record(house, *events, use("org/outside", parameters={"steps": 30}, tokens_out=7))
    answer = await house.get("/api/models/org/outside/stats", tz="Europe/Berlin")
    stats = answer["stats"]
    assert (stats["uses"], stats["total_requests"], stats["unique_users"]) == (4, 4, 1)
    assert stats["success_rate"] == 0.75
    assert stats["success_interval"] == pytest.approx([0.3006, 0.9544], abs=1e-3)
    assert stats["p95_ms"] == pytest.approx(100, rel=0.02)
    assert stats["average_response_time_ms"] == 100.0
    assert answer["p50_ms"] == stats["p50_ms"]
    assert answer["timezone"] == "Europe/Berlin"
    assert sum(point["uses"] for point in answer["series"]) == 4
    assert len(answer["series"]) == 30
    assert sum(map(sum, answer["pattern"])) == 4
    assert [line["username"] for line in answer["users"]] == ["carol"]
    assert [line["ip_address"] for line in answer["addresses"]] == ["10.0.0.9"]


async def test_live_is_what_is_folded(house: House) -> None:
    carol = await principal(house, "carol")
    await record(house, *(use("org/outside", timedelta(minutes=n), principal=carol) for n in range(5)))
    paths = ["/api/models/org/outside/stats", "/api/v1/users/carol/stats", "/api/v1/stats/models?sort=tokens"]
    before = [await house.get(path) for path in paths]
    await house.depot.usage.fold.fold_all()
    await house.depot.usage.sealing.seal(everything=True)
    after = [await house.get(path) for path in paths]
    assert [answer.get("stats", {}).get("uses") for answer in before] == [5, 5, None]
    for one, other in zip(before, after, strict=True):
        for name in ("uses", "pattern", "success_rate", "p99_ms", "trend", "peak_hours"):
            assert one.get(name) == other.get(name)


async def test_tops_and_matrix(house: House) -> None:
    carol, dave = await principal(house, "carol"), await principal(house, "dave")
    await record(
        house,
        use("org/a", principal=carol, tokens_out=1),
        use("org/a", principal=carol),
        use("org/b", principal=dave, tokens_out=50),
    )
    models = await house.get("/api/v1/stats/models")
    assert [(line["model"], line["uses"]) for line in models["models"]] == [("org/a", 2), ("org/b", 1)]
    by_tokens = await house.get("/api/v1/stats/models", sort="tokens", limit=1)
    assert ([line["model"] for line in by_tokens["models"]], by_tokens["count"]) == (["org/b"], 2)
    users = await house.get("/api/v1/stats/users")
    assert [(line["username"], line["uses"]) for line in users["users"]][:2] == [("carol", 2), ("dave", 1)]
    matrix = await house.get("/api/v1/stats/matrix")
    assert (matrix["users"][:2], matrix["models"]) == (["carol", "dave"], ["org/a", "org/b"])
    assert matrix["uses"][:2] == [[2, 0], [0, 1]]


async def test_a_range_of_its_own(house: House) -> None:
    now = system_clock.now()
    await record(house, *(use("org/outside", timedelta(days=n)) for n in range(10)))
    since = (now - timedelta(days=5)).isoformat()
    part = await house.get("/api/models/org/outside/stats", since=since, period="hour")
    whole = await house.get("/api/models/org/outside/stats", period="week")
    assert (part["uses"], whole["uses"]) == (6, 10)
    assert {datetime.fromisoformat(point["start"]).astimezone(UTC).weekday() for point in whole["series"]} == {0}


async def test_the_whole_depot(hub: StandInHub, house: House) -> None:
    hub.add("org/name", {"config.json": b"{}"})
    await house.bring("org/name", "alice")
    await record(house, use("org/name"), use("org/name", success=False, error_code="500"))
    stats = await house.get("/api/v1/stats")
    assert (stats["total_models"], stats["total_downloads"]) == (1, 1)
    assert stats["stats"]["uses"] == 3  # two generations and a pull
    assert stats["errors"]["500"] == 1
    model = await house.get("/api/models/org/name")
    assert (model["stats"]["uses"], model["stats"]["success_rate"]) == (3, pytest.approx(2 / 3, abs=1e-4))
    assert model["last_used_at"] == model["stats"]["last_used_at"]
    listed = (await house.get("/api/models"))["models"][0]["stats"]
    assert listed["uses"] == 3
    assert listed["p95_ms"] is not None


async def test_an_alias_of_an_entry_brings_what_was_reported_under_it(hub: StandInHub, house: House) -> None:
    hub.add("org/name", {"config.json": b"{}"})
    await house.bring("org/name", "alice")
    await record(house, use("T2V-a14b"))
    assert (await house.get("/api/models/t2v-A14B/stats", expect=200))["uses"] == 1
    await house.http.patch("/api/models/org/name", json={"aliases": ["t2v-a14b"]})
    answer = await house.get("/api/models/t2v-a14b/stats")
    assert (answer["model"], answer["stats"]["uses"]) == ("org/name", 2)
    assert (await house.get("/api/models"))["models"][0]["stats"]["uses"] == 2
    assert [line["model"] for line in (await house.get("/api/v1/stats/models"))["models"]] == ["org/name"]


async def test_growth_and_costs(hub: StandInHub, house: House) -> None:
    hub.add("org/name", {"model.safetensors": b"0" * 2000})
    await house.bring("org/name", "alice")
    await record(house, use("org/name", duration_ms=3_600_000.0))
    growth = await house.get("/api/v1/stats/growth")
    assert growth["size_bytes"] == growth["series"][-1]["size_bytes"] == growth["series"][-1]["added_bytes"] == 2000
    assert growth["series"][0]["size_bytes"] == 0
    costs = await house.get("/api/v1/stats/costs")
    assert costs["gpu_hours"] == 1.0
    assert costs["models"][0]["model"] == "org/name"
    assert costs["models"][0]["size_bytes"] == 2000


async def test_requests_in_numbers(hub: StandInHub, house: House) -> None:
    hub.add("org/name", {"config.json": b"{}"})
    await house.bring("org/name", "alice")
    await house.pull("org/name", "bob", expect=200)
    stats = await house.get("/api/v1/downloads/stats", tz="Asia/Kolkata")
    assert (stats["requests"], stats["completed"], stats["failed"]) == (2, 2, 0)
    assert (stats["by_status"], stats["by_kind"], stats["by_source"]) == (
        {"completed": 2}, {"model": 2}, {"huggingface": 2},
    )  # fmt: skip
    assert {line["username"] for line in stats["users"]} == {"alice", "bob"}
    assert stats["addresses"][0]["requests"] == 2
    assert sum(point["requests"] for point in stats["series"]) == 2
    assert stats["time_to_completion"]["p95_seconds"] >= stats["time_to_completion"]["p50_seconds"] >= 0


@pytest.mark.parametrize(
    "query", ["tz=Mars/Base", "period=year", "since=2026-01-02&until=2026-01-01", "since=x", "stray=1", "tz="]
)
async def test_what_is_no_range_is_refused(house: House, query: str) -> None:
    for path in ROUTES:
        assert (await house.http.get(f"{path}?{query}")).status_code == 422


@contextmanager
def statements(house: House) -> Iterator[list[str]]:
    """Every statement that the usage log is asked meanwhile."""
    found: list[str] = []

    def see(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    engine = house.depot.usage_log._reader
    event.listen(engine, "before_cursor_execute", see)
    yield found
    event.remove(engine, "before_cursor_execute", see)


async def test_no_statistics_route_reads_raw_rows(house: House) -> None:
    carol = await principal(house, "carol")
    hers = {"principal": carol, "address": "10.0.0.9"}
    await record(house, *(use("org/outside", timedelta(days=n), **hers) for n in range(40)))
    await house.depot.usage.fold.fold_all()
    for path in ROUTES:
        with statements(house) as found:
            for period in ("hour", "day", "week", "month"):
                await house.get(path, period=period, tz="Asia/Kathmandu")
        # The last ten actions are the newest rows by key, whatever there is; upkeep in the background asks for an end.
        raw = [one for one in found if "FROM usage_log" in one and " LIMIT " not in one and "max(" not in one]
        assert raw == [], path
        assert len(found) < 400


async def test_metrics_tell_how_statistics_are_remembered(house: House) -> None:
    await record(house, use("org/outside", timedelta(days=3)))
    await house.depot.usage.fold.fold_all()
    for _ in range(3):
        await house.get("/api/models/org/outside/stats")
    text = (await house.http.get("/metrics")).text
    for line in (
        'steelyard_statistics_cache_hits_total{of="days"} 2.0',
        'steelyard_statistics_cache_misses_total{of="days"} 1.0',
        "steelyard_statistics_queries_total", "steelyard_statistics_query_seconds_total", "steelyard_events_unfolded",
        'steelyard_database_bytes{database="usage"}', "steelyard_events_folded_total",
        'steelyard_statistics_cache_hit_rate{of="days"} 0.66', 'steelyard_statistics_cache_entries{of="answers"}',
    ):  # fmt: skip
        assert line in text, line


@pytest.fixture
async def town(hub: StandInHub, tmp_path: Path) -> AsyncIterator[Town]:
    """A depot where access is required."""
    async with open_house(hub, tmp_path / "home", server__auth="required", limits__reads_per_second=0) as house:
        town = Town(house)
        await town.settle()
        yield town


async def test_other_peoples_numbers_are_for_administrators(town: Town) -> None:
    for who in ("alice", "bob"):
        await town.ask(who, "GET", "/api/models")
    _, own = await town.ask("alice", "GET", "/api/v1/users/me/stats")
    assert (own["username"], own["requests"] > 0) == ("alice", True)
    status, refused = await town.ask("alice", "GET", "/api/v1/users/bob/stats")
    assert (status, slug(refused)) == (403, "others-numbers")
    assert (await town.ask("alice", "GET", "/api/v1/stats/ip/127.0.0.1"))[0] == 403
    for path in ("/api/v1/stats/users", "/api/v1/stats", "/api/v1/stats/costs", "/api/v1/downloads/stats"):
        _, answer = await town.ask("alice", "GET", path)
        assert {line["username"] for line in answer["users"]} <= {"alice"}, path
        assert answer.get("addresses", []) == []
    _, everybody = await town.ask("root", "GET", "/api/v1/stats/users")
    assert {"alice", "bob"} <= {line["username"] for line in everybody["users"]}


@pytest.mark.parametrize("wrong", ["nobody", "1.2.3", "100.64.3.7.8"])
async def test_what_is_no_address_is_refused(house: House, wrong: str) -> None:
    answer = await house.http.get(f"/api/v1/stats/ip/{wrong}")
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (422, "not-an-address")
    for known in ("100.64.0.5", "fd7a%3A%3A1", "hidden", "h~0123456789abcdef"):
        assert (await house.http.get(f"/api/v1/stats/ip/{known}")).status_code == 200


async def test_what_programs_others_use_is_for_administrators(town: Town) -> None:
    for who in ("alice", "bob"):
        await town.ask(who, "GET", "/api/models")
    await record(town.house, use("org/outside", agent="secret-program/1"))
    for path in ("/api/models/org/outside/stats", "/api/v1/stats"):
        _, answer = await town.ask("alice", "GET", path)
        assert answer["agents"] == {}, path
        _, answer = await town.ask("root", "GET", path)
        assert "secret-program/1" in answer["agents"], path
    _, own = await town.ask("alice", "GET", "/api/v1/users/me/stats")
    assert own["agents"]


async def test_what_is_hidden_is_in_no_list_of_models(town: Town, hub: StandInHub) -> None:
    hub.add("org/secret", {"config.json": b"{}"})
    await town.bring("alice", "org/secret")
    await town.ask("alice", "PATCH", "/api/models/org/secret", json={"private": True, "aliases": ["mine"]})
    await record(town.house, use("org/secret"), use("mine"), use("org/outside"))
    for who, sees in (("alice", True), ("root", True), ("bob", False)):
        for path in ("/api/v1/stats/models", "/api/v1/stats", "/api/v1/stats/costs"):
            _, answer = await town.ask(who, "GET", path)
            names = {line["model"] for line in answer["models"]}
            assert ("org/secret" in names, "mine" in names) == (sees, False), (who, path)
        _, matrix = await town.ask(who, "GET", "/api/v1/stats/matrix")
        assert ("org/secret" in matrix["models"]) is sees
        for name in ("org/secret", "mine"):
            assert (await town.ask(who, "GET", f"/api/models/{name}/stats"))[0] == (200 if sees else 404)
