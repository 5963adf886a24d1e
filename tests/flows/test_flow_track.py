"""Programs that track what they do, in front of a real depot."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import steelyard
from steelyard.client.track import Tracker
from steelyard.testing.hub import StandInHub
from tests.flows.house import House, serve_house
from tests.flows.processes import STEELYARD, run


@pytest.fixture
async def house(hub: StandInHub, home: Path) -> AsyncIterator[House]:
    async with serve_house(hub, home) as house:
        yield house


async def lines_of(house: House) -> list[dict[str, Any]]:
    """What the access log has of the model, oldest first."""
    found = await house.get("/api/v1/events", model="my-own", limit=1000)
    return list(reversed(found["events"]))


async def test_every_use_is_in_the_access_log_once(house: House, tmp_path: Path) -> None:
    tracker = Tracker(str(house.http.base_url), user="alice", folder=tmp_path / "track")
    with tracker.track("my-own", parameters={"steps": 30}) as use:
        use.tokens_out, use.vram_mb = 9, 1000
    with pytest.raises(MemoryError), tracker.track("my-own", keep=[]):
        raise MemoryError
    tracker.record("model_load", "my-own", {"load_ms": 5})
    assert await asyncio.to_thread(tracker.flush)
    await asyncio.to_thread(tracker.close)
    good, bad, load = await lines_of(house)
    assert (good["type"], good["success"], good["username"]) == ("generation_completed", True, "alice")
    assert (bad["type"], bad["success"], bad["error_code"]) == ("generation_failed", False, "MemoryError")
    assert load["type"] == "model_load"
    assert (tracker.tally.delivered, tracker.tally.rejected, tracker.tally.dropped) == (3, 0, 0)


async def test_a_depot_that_comes_back_has_all_of_it_once(house: House, tmp_path: Path) -> None:
    away = Tracker("http://127.0.0.1:9", folder=tmp_path / "track")
    for _ in range(1500):
        away.record("generation_completed", "my-own", {})
    assert not await asyncio.to_thread(away.flush)
    await asyncio.to_thread(away.close)
    back = Tracker(str(house.http.base_url), user="alice", folder=tmp_path / "track")
    assert await asyncio.to_thread(back.flush, 30.0)
    await asyncio.to_thread(back.close)
    assert (await house.get("/api/v1/models/my-own/stats"))["uses"] == 1500


async def test_a_batch_that_is_sent_twice_is_counted_once(house: House, tmp_path: Path) -> None:
    for _ in range(2):
        tracker = Tracker(str(house.http.base_url), user="alice", folder=tmp_path / "track")
        tracker.record("generation_completed", "my-own", {"id": "the same"})
        assert await asyncio.to_thread(tracker.flush)
        await asyncio.to_thread(tracker.close)
    assert len(await lines_of(house)) == 1


async def test_lines_that_the_depot_does_not_take_are_told_of(house: House, tmp_path: Path) -> None:
    tracker = Tracker(str(house.http.base_url), folder=tmp_path / "track")
    tracker.record("Not A Type", "my-own", {})
    tracker.record("generation_completed", "my-own", {})
    assert await asyncio.to_thread(tracker.flush)
    await asyncio.to_thread(tracker.close)
    assert (tracker.tally.delivered, tracker.tally.rejected) == (1, 1)
    assert len(await lines_of(house)) == 1


async def test_the_terminal_and_the_sdk_show_it(house: House, tmp_path: Path) -> None:
    url = str(house.http.base_url)
    tracker = Tracker(url, user="alice", folder=tmp_path / "track")
    for steps in (30, 30, 20):
        tracker.record("generation_completed", "my-own", {"duration_ms": 100, "parameters": {"steps": steps}})
    assert await asyncio.to_thread(tracker.flush)
    await asyncio.to_thread(tracker.close)
    shown = await run(STEELYARD, "--url", url, "--user", "alice", "stats", "my-own")
    assert (shown.code, shown.err) == (0, "")
    assert [line.split() for line in shown.out.splitlines()][-1] == ["alice", "3", "3", "0"]
    top = await run(STEELYARD, "--url", url, "top", "users", "--json")
    assert [(share["username"], share["uses"]) for share in json.loads(top.out)["users"]] == [("alice", 3)]
    async with steelyard.AsyncClient(url, user="alice") as client:
        matrix = await client.statistics.matrix()
        assert (matrix["users"], matrix["models"], matrix["uses"]) == (["alice"], ["my-own"], [[3]])
        assert (await client.statistics.address("127.0.0.1"))["requests"] >= 1
        assert (await client.statistics.system(tz="Asia/Kathmandu"))["timezone"] == "Asia/Kathmandu"
        assert (await client.statistics.requests())["requests"] == 0
        assert (await client.statistics.costs())["gpu_hours"] == pytest.approx(0, abs=0.01)
        assert (await client.statistics.growth())["size_bytes"] == 0
