"""Totals, counts and the log of actions: exact, and only of what people and programs did."""

from pathlib import Path

from steelyard.testing.hub import Blob, StandInHub
from tests.flows.house import House, open_house


async def test_an_empty_depot(house: House) -> None:
    stats = await house.get("/api/stats")
    assert stats.items() >= {
        "total_models": 0, "total_size_bytes": 0, "total_requests": 0, "unique_users": 0, "total_downloads": 0,
        "recent_activity": [], "uses": 0, "success_rate": None,
    }.items()  # fmt: skip


async def test_the_totals_are_exact(hub: StandInHub, house: House) -> None:
    hub.add("org/one", {"model.safetensors": Blob(100_000, 1), "config.json": b"{}"})
    hub.add("org/two", {"model.safetensors": Blob(100_000, 1), "config.json": b"[]"})
    await house.bring("org/one", "alice")
    await house.bring("org/two", "bob")
    await house.pull("org/one", "bob", expect=200)
    await house.pull("org/absent", "carol", expect=404)
    await house.get("/api/models", expect=200)
    await house.get("/health")
    await house.http.get("/", headers={"Accept": "text/html"})
    stats = await house.get("/api/stats")
    assert stats["total_models"] == 2
    assert stats["total_size_bytes"] == 100_000 + 2 + 2
    assert stats["total_downloads"] == 3
    # Four pulls and one list; probes, pages, this very request and the ends of downloads are not requests.
    assert stats["total_requests"] == 5
    assert stats["unique_users"] == 4  # alice, bob, carol and the address that listed


async def test_recent_activity_is_the_last_ten_actions(hub: StandInHub, house: House) -> None:
    hub.add("org/name", {"config.json": b"{}"})
    await house.bring("org/name", "alice")
    for _ in range(4):
        await house.pull("org/name", "bob", expect=200)
    await house.get("/api/models/org/name")
    recent = (await house.get("/api/stats"))["recent_activity"]
    assert len(recent) == 10
    assert recent[0]["action"] == "get"
    assert [line["timestamp"] for line in recent] == sorted((line["timestamp"] for line in recent), reverse=True)
    downloads = [line for line in recent if line["action"] == "download"]
    assert {(line["model"], line["username"], line["ip_address"]) for line in downloads} <= {
        ("org/name", "alice", "127.0.0.1"), ("org/name", "bob", "127.0.0.1")
    }  # fmt: skip
    assert len(downloads) >= 4


async def test_access_and_requests_of_one_model(hub: StandInHub, house: House) -> None:
    hub.add("org/name", {"config.json": b"{}"})
    await house.bring("org/name", "alice")
    for _ in range(3):
        await house.get("/api/models/org/name")
    await house.get("/api/models/org/name/exists")
    await house.get("/api/models/org/other", expect=404)
    stats = await house.get("/api/models/org/name/stats")
    assert stats["access_count"] == 3
    assert stats["total_requests"] == 1 + 3 + 1
    assert (stats["uses"], stats["success_rate"], stats["p95_ms"] is None) == (1, 1.0, False)  # the pull
    assert stats["stats"]["access_count"] == stats["access_count"]


async def test_numbers_survive_a_restart(hub: StandInHub, tmp_path: Path) -> None:
    hub.add("org/name", {"config.json": b"{}"})
    async with open_house(hub, tmp_path / "home") as house:
        await house.bring("org/name", "alice")
        before = await house.get("/api/stats")
    async with open_house(hub, tmp_path / "home") as house:
        after = await house.get("/api/stats")
    assert after["total_requests"] == before["total_requests"] + 1
    same = ("total_models", "total_size_bytes", "total_downloads", "uses", "bytes_in", "success_rate")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}


async def test_health_tells_what_runs(hub: StandInHub, house: House) -> None:
    hub.add("org/name", {"model.safetensors": Blob(1_500_000, 1)})
    hub.faults.throttle("*", 2_000_000)
    job_id = (await house.pull("org/name"))["job_id"]
    await house.moving(job_id)
    health = await house.get("/health")
    assert (health["status"], health["downloads"]) == ("ok", {"queued": 0, "running": 1})
    await house.ended(job_id)
    health = await house.get("/health")
    assert health["downloads"] == {"queued": 0, "running": 0}
    assert health["store"]["bytes_held"] == 1_500_000
    assert health["store"]["bytes_free"] > 0
    assert health["database"]["ok"] is True
    assert health["events"]["dropped"] == 0
