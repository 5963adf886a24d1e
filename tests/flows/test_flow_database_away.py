"""While the database hangs: who goes on, who does not, who was thrown out, and what is on record afterwards."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from steelyard.testing.hub import StandInHub
from steelyard.testing.postgres import PostgresCluster
from tests.flows.chatting import ECHOES, MODEL, body, weights
from tests.flows.house import House, eventually, open_house
from tests.flows.town import Town, token_id

pytestmark = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)  # a file is never away
FILE = "parrot-Q8_0.gguf"
_LOOKS = 10
GIVEN: dict[str, Any] = {**ECHOES, "server__auth": "required", "database_silence_seconds": 0.2}


@pytest.fixture
async def town(hub: StandInHub, home: Path) -> AsyncIterator[Town]:
    """A depot where people sign in, with a model that alice brought."""
    hub.add(MODEL, {FILE: weights(1), "config.json": b"{}"})
    async with open_house(hub, home, **GIVEN) as house:
        town = Town(house)
        await town.settle()
        await town.bring("alice", MODEL)
        yield town


async def chat(town: Town, who: str) -> int:
    """Somebody asks the model."""
    return (await town.ask(who, "POST", "/chat", json=body()))[0]


async def read(town: Town, who: str, file: str = FILE) -> int:
    """Somebody reads a file of it."""
    return (await town.ask(who, "GET", f"/hf/{MODEL}/resolve/main/{file}"))[0]


async def is_warm(house: House) -> None:
    """Return once all that was asked for is kept, and no news of a change has come for a while: each makes everybody
    read anew."""
    looks = 0

    async def settled() -> bool:
        nonlocal looks
        looks = looks + 1 if house.depot.mirror.warm.is_settled else 0
        return looks == _LOOKS

    await eventually(settled, "it is kept")


async def test_who_was_here_goes_on_and_who_was_not_comes_back(town: Town, postgres: PostgresCluster) -> None:
    for who in ("bob", "root"):
        assert (await chat(town, who), await read(town, who)) == (200, 200)
    await is_warm(town.house)
    with postgres.hanging():
        for who in ("bob", "root", "alice"):  # she brought it, and never asked it
            assert (await chat(town, who), await read(town, who)) == (200, 200)
            assert await read(town, who, "config.json") == 200  # of a model that was seen
        assert await chat(town, "robot") == 503
        assert await chat(town, "forged") == 401  # of a token that is known
        for path in ("/api/models", "/jobs", "/api/stats"):
            status, told = await town.ask("bob", "GET", path)
            assert (status, told["type"]) == (503, "urn:steelyard:problem:database-away")
    await eventually(lambda: _answers(town, "/api/models"), "the database is back")
    assert await chat(town, "robot") == 200


async def test_who_was_thrown_out_a_moment_before_stays_out(town: Town, postgres: PostgresCluster) -> None:
    for who in ("bob", "alice", "root"):
        assert await chat(town, who) == 200
    society = town.house.depot.society
    await society.tokens.revoke(town.maker, token_id(town.tokens["bob"]))
    await society.users.change(town.maker, "alice", None, disabled=True)
    assert (await chat(town, "bob"), await chat(town, "alice"), await chat(town, "root")) == (401, 401, 200)
    with postgres.hanging():
        assert (await chat(town, "bob"), await chat(town, "alice"), await chat(town, "root")) == (401, 401, 200)


async def test_what_became_private_a_moment_before_stays_away(town: Town, postgres: PostgresCluster) -> None:
    assert (await chat(town, "bob"), await read(town, "bob")) == (200, 200)
    await is_warm(town.house)
    status, _ = await town.ask("alice", "PATCH", f"/api/models/{MODEL}", json={"private": True})
    assert status == 200
    with postgres.hanging():
        assert await chat(town, "bob") in {404, 503}
        assert await read(town, "bob") in {404, 503}


async def test_who_got_something_meanwhile_is_on_record_afterwards(town: Town, postgres: PostgresCluster) -> None:
    assert await read(town, "vera") == 200
    assert (await town.ask("bob", "GET", "/api/models"))[0] == 200  # bob is known, and never asked for the model
    await is_warm(town.house)
    with postgres.hanging():
        assert await read(town, "bob") == 200

    async def is_on_record() -> bool:
        _, told = await town.ask("root", "GET", "/api/v1/downloads/history/user/bob")
        return [line["model"] for line in told.get("downloads", told.get("requests", []))] == [MODEL]

    await eventually(is_on_record, "bob's download is on record")


async def _answers(town: Town, path: str) -> bool:
    return (await town.ask("bob", "GET", path))[0] == 200
