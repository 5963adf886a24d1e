"""Models that only another server has: asked by their name there, without an entry here."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from steelyard.engines.echo.behaviour import Behaviour
from steelyard.engines.echo.server import EchoServer, Tally
from steelyard.testing.hub import StandInHub
from tests.flows.chatting import chat, events, weights
from tests.flows.house import House, eventually, open_house, slug

MODEL = "acme/elsewhere"


@pytest.fixture
async def house(hub: StandInHub, home: Path) -> AsyncIterator[House]:
    server = EchoServer(MODEL, None, Behaviour, Tally())
    remotes = [{"url": await server.open()}]
    async with open_house(hub, home, engines__order=["remote", "llamacpp"], engines__remotes=remotes) as house:
        yield house
    await server.close()


async def test_it_answers_is_listed_and_counted(house: House) -> None:
    answer = await chat(house, model=MODEL)
    assert (answer["model"], answer["engine"], answer["message"]["content"]) == (MODEL, "remote", "one two three")
    (loaded,) = (await house.get("/api/v1/engines/loaded"))["models"]
    assert (loaded["model"], loaded["size_bytes"]) == (MODEL, 0)
    (event,) = await events(house, "generation_completed")
    assert (event["model"], event["parameters"]["engine"]) == (MODEL, "remote")


async def test_what_it_does_not_have_is_not_here(house: House) -> None:
    assert slug(await chat(house, expect=404, model="acme/other")) == "model-missing"


async def test_every_surface_lists_it_and_tells_about_it(house: House) -> None:
    (listed,) = (await house.get("/v1/models"))["data"]
    assert listed == {"id": MODEL, "object": "model", "created": 0, "owned_by": "acme"}
    assert await house.get(f"/v1/models/{MODEL}") == listed
    (tag,) = (await house.get("/api/tags"))["models"]
    assert (tag["name"], tag["size"], len(tag["digest"])) == (f"{MODEL}:latest", 0, 64)
    shown = await house.http.post("/api/show", json={"model": tag["name"]})
    assert (shown.status_code, shown.json()["modelfile"]) == (200, f"FROM {MODEL}")
    for path, more in (("/v1/models/acme/other", {}), ("/api/show", {"model": "acme/other"})):
        answer = await (house.http.post(path, json=more) if more else house.http.get(path))
        assert answer.status_code == 404


async def test_what_is_on_the_shelf_is_listed_once_and_what_was_switched_off_not_at_all(house: House) -> None:
    house.hub.add(MODEL, {"parrot.gguf": weights()})
    await house.bring(MODEL)
    (listed,) = (await house.get("/v1/models"))["data"]
    assert listed["created"] > 0
    assert (await house.http.patch(f"/api/models/{MODEL}", json={"status": "inactive"})).status_code == 200

    async def nowhere() -> bool:
        return not (await house.get("/v1/models"))["data"] + (await house.get("/api/tags"))["models"]

    await eventually(nowhere, "an owner's no counts for other servers too")


@pytest.mark.parametrize(("is_named", "is_private", "engine"), [(False, False, "echo"), (True, False, "remote"),
                                                                (True, True, "echo")])  # fmt: skip
async def test_a_model_of_this_depot_goes_elsewhere_only_where_that_is_wanted(
    hub: StandInHub, home: Path, is_named: bool, is_private: bool, engine: str
) -> None:
    """A server that happens to list the same name would see what is asked of it; a private one never leaves."""
    server = EchoServer(MODEL, None, Behaviour, Tally())
    remotes = [{"url": await server.open(), "models": {MODEL: MODEL} if is_named else {}}]
    async with open_house(hub, home, engines__order=["remote", "echo"], engines__remotes=remotes) as house:
        house.hub.add(MODEL, {"parrot.gguf": weights()})
        await house.bring(MODEL)
        if is_private:
            assert (await chat(house, model=MODEL))["engine"] == "remote"
            made = await house.http.patch(f"/api/models/{MODEL}", json={"private": True})
            assert made.status_code == 200
        assert (await chat(house, model=MODEL))["engine"] == engine
    await server.close()
