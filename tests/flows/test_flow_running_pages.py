"""The pages of running models over the real services: what they show, to whom, and what their button does."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from steelyard.testing.hub import StandInHub
from steelyard.testing.weights import Tensor, safetensors_bytes
from tests.flows.chatting import ECHOES, MODEL, behave, body, chat, chatting_house, echo, weights
from tests.flows.house import House, eventually, open_house
from tests.flows.town import Town

HTML = {"Accept": "text/html"}
UNLOAD = "/pages/running/unload"


@pytest.fixture
async def house(hub: StandInHub, home: Path) -> AsyncIterator[House]:
    """A depot with a parrot."""
    async with chatting_house(hub, home) as house:
        yield house


@pytest.fixture
async def town(hub: StandInHub, home: Path) -> AsyncIterator[Town]:
    """A depot with accounts, and a parrot of alice's."""
    hub.add(MODEL, {"parrot-Q8_0.gguf": weights()})
    async with open_house(hub, home, server__auth="required", limits__reads_per_second=0, **ECHOES) as house:
        town = Town(house)
        await town.settle()
        await town.bring("alice", MODEL)
        yield town


async def shown(house: House, path: str) -> str:
    """The text of a page."""
    answer = await house.http.get(path, headers=HTML)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_a_model_comes_is_shown_and_goes(house: House) -> None:
    assert "No model is in memory." in await shown(house, "/running")
    assert f"<option selected>{MODEL}</option>" in await shown(house, "/chat")
    await chat(house)
    for path in ("/running", "/"):
        assert MODEL in (await shown(house, path)).partition("Running")[2]
    answer = await house.http.post(UNLOAD, data={"model": MODEL}, headers=HTML)
    assert answer.headers["location"] == "/running?notice=unload&model=org%2Fparrot#running-answer"

    async def gone() -> bool:
        return not echo(house).loaded

    await eventually(gone, "it is unloaded")
    assert "No model is in memory." in await shown(house, "/running")
    again = await house.http.post(UNLOAD, data={"model": MODEL}, headers=HTML)
    assert "notice=not-loaded" in again.headers["location"]


async def test_who_is_answered_and_who_waits_is_counted(house: House) -> None:
    gate = asyncio.Event()
    behave(house, gate=gate)
    parallel = house.depot.settings.engines.parallel
    asking = [asyncio.create_task(house.http.post("/chat", json=body())) for _ in range(parallel + 1)]

    async def counted() -> bool:
        text = await shown(house, "/running")
        return f"{parallel} requests</td>" in text and f"1 request waits for {MODEL}" in text

    await eventually(counted, "they are counted")
    assert f'hx-confirm="{parallel} requests of {MODEL}' in await shown(house, "/running")
    gate.set()
    assert {answer.status_code for answer in await asyncio.gather(*asking)} == {200}


@pytest.mark.parametrize(
    ("who", "running", "chats", "unloads"),
    [(None, 303, 303, 401), ("vera", 200, 403, 403), ("bob", 200, 200, 303), ("root", 200, 200, 303)],
)
async def test_the_pages_refuse_what_the_api_refuses(
    town: Town, who: str | None, running: int, chats: int, unloads: int
) -> None:
    await town.ask("alice", "POST", "/chat", json=body())
    assert (await town.ask(who, "GET", "/running", headers=HTML))[0] == running
    assert (await town.ask(who, "GET", "/chat", headers=HTML))[0] == chats
    status, _ = await town.ask(who, "POST", UNLOAD, data={"model": MODEL}, headers={"Accept": "*/*"})
    assert status == unloads


async def test_a_private_model_is_nobody_elses_to_see_or_to_unload(town: Town) -> None:
    await town.ask("alice", "PATCH", f"/api/models/{MODEL}", json={"private": True})
    await town.ask("alice", "POST", "/chat", json=body())
    bob = {**HTML, "Authorization": f"Bearer {town.tokens['bob']}"}
    for path in ("/running", "/", "/chat"):
        assert MODEL not in (await town.house.http.get(path, headers=bob)).text
    assert "by models that you do not see" in (await town.house.http.get("/running", headers=bob)).text
    refused = await town.house.http.post(UNLOAD, data={"model": MODEL}, headers=bob)
    assert refused.status_code == 404
    assert len(echo(town.house).loaded) == 1


async def test_a_model_that_no_engine_runs_cannot_be_chosen(hub: StandInHub, home: Path) -> None:
    folder = {
        "config.json": b'{"architectures": ["LlamaForCausalLM"]}',
        "model.safetensors": safetensors_bytes({"a": Tensor((8, 8), "F16")}),
    }
    hub.add("org/folder", folder)
    async with open_house(hub, home, engines__order=["llamacpp"]) as house:
        await house.bring("org/folder")
        text = await shown(house, "/chat")
        assert "No model here can answer yet." in text
        assert "org/folder</a>: no engine of this depot runs such files" in text
        hub.add("org/broken", {"broken-Q8_0.gguf": weights()[:-1000]})
        await house.bring("org/broken")
        assert "org/broken</a>: broken-Q8_0.gguf: " in await shown(house, "/chat")
