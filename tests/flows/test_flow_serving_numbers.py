"""``GET /health`` and ``/metrics`` while a model is in memory, requests wait, and afterwards."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from steelyard.testing.hub import StandInHub
from tests.flows.chatting import MODEL, behave, chat, chatting_house, echo, weights
from tests.flows.house import House, eventually


@pytest.fixture
async def house(hub: StandInHub, home: Path) -> AsyncIterator[House]:
    hub.add("org/second", {"second.gguf": weights(3)})
    async with chatting_house(hub, home, engines__parallel=1, engines__max_loaded=1) as house:
        await house.bring("org/second")
        yield house


async def metrics(house: House) -> dict[str, float]:
    """Every sample of running models, by its name and its labels' values."""
    text = (await house.http.get("/metrics")).text
    return {
        ",".join([sample.name.removeprefix("steelyard_"), *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def cache(house: House) -> dict[str, Any]:
    """What health says of memory."""
    return dict((await house.get("/health"))["cache"])


async def test_nothing_runs(house: House) -> None:
    health = await house.get("/health")
    assert health["cache"] == {
        "loaded": 0, "max": 1, "models": [], "bytes": 0, "budget_bytes": 1_000_000, "waiting": 0, "in_flight": 0,
    }  # fmt: skip
    assert (health["backends"], health["gpu"]) == ({"echo": True}, None)
    assert health["models"]["loads"] == {"ok": 0, "failed": 0}


async def test_what_is_in_memory_and_who_waits(house: House) -> None:
    gate = asyncio.Event()
    behave(house, gate=gate)
    asking = [asyncio.create_task(chat(house)) for _ in range(3)]

    async def one_is_answered_and_two_wait() -> bool:
        found = await cache(house)
        return (found["in_flight"], found["waiting"], echo(house).tally.running) == (1, 2, 1)

    await eventually(one_is_answered_and_two_wait, "one is answered and two wait")
    found, shown = await cache(house), await metrics(house)
    assert (found["loaded"], found["models"]) == (1, [MODEL])
    assert 0 < found["bytes"] <= found["budget_bytes"]
    assert (shown["loaded_models"], shown["loaded_bytes"]) == (1, found["bytes"])
    assert (shown["generations_running"], shown["generations_waiting"]) == (1, 2)
    assert (shown["model_loads_total,ok"], shown["model_unloads_total,evicted"]) == (1, 0)
    gate.set()
    await asyncio.gather(*asking)
    assert [(one["waiting"], one["in_flight"]) for one in [await cache(house)]] == [(0, 0)]


async def test_loads_that_fail_evictions_and_crashes_are_counted(house: House) -> None:
    await chat(house)
    await chat(house, model="org/second")
    await echo(house).loaded[0].crash()
    await eventually(lambda: _has(house, "model_unloads_total,crashed"), "the crash is counted")
    behave(house, load_error=OSError("broken"))
    await chat(house, expect=503)
    shown = await metrics(house)
    assert (shown["model_loads_total,ok"], shown["model_loads_total,failed"]) == (2, 1)
    assert (shown["model_unloads_total,evicted"], shown["model_unloads_total,crashed"]) == (1, 1)
    assert (shown["loaded_models"], shown["loaded_bytes"]) == (0, 0)


async def test_a_private_model_is_counted_and_not_named(house: House) -> None:
    answer = await house.http.patch(f"/api/models/{MODEL}", json={"private": True})
    assert answer.status_code == 200, answer.text
    await chat(house)
    found = await cache(house)
    assert (found["loaded"], found["models"]) == (1, [])


async def test_pinning_and_letting_go_is_heard_while_the_model_is_in_memory(house: House) -> None:
    await chat(house)

    async def pinned(wanted: bool) -> bool:
        (model,) = (await house.get("/api/v1/engines/loaded"))["models"]
        return (model["pinned"], model["expires_at"] is None) == (wanted, wanted)

    for wanted in (True, False):
        assert (await house.http.patch(f"/api/models/{MODEL}", json={"pinned": wanted})).status_code == 200
        await eventually(partial(pinned, wanted), "nobody asked it, and it is known")
        problem = await chat(house, model="org/second", expect=507 if wanted else 200)
        assert wanted == ("does not fit" in problem.get("detail", ""))


async def _has(house: House, name: str) -> bool:
    return (await metrics(house))[name] == 1
