"""OpenAI's own client where people sign in: who may ask what, told in OpenAI's shape."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from steelyard.testing.hub import StandInHub
from tests.flows.chatting import ECHOES, MODEL, weights
from tests.flows.house import serve_house
from tests.flows.town import Town

openai = pytest.importorskip("openai", reason="the official client is not installed")
ASKED = [{"role": "user", "content": "one two three"}]


@pytest.fixture
async def town(hub: StandInHub, home: Path) -> AsyncIterator[Town]:
    """A depot with accounts, and a parrot of alice's."""
    hub.add(MODEL, {"parrot-Q8_0.gguf": weights()})
    async with serve_house(hub, home, server__auth="required", limits__reads_per_second=0, **ECHOES) as house:
        town = Town(house)
        await town.settle()
        await town.bring("alice", MODEL)
        yield town


@asynccontextmanager
async def client_of(town: Town, key: str) -> AsyncIterator[Any]:
    """The client with somebody's token, or with a key of another kind."""
    base = f"{town.house.http.base_url}/v1"
    async with openai.AsyncOpenAI(base_url=base, api_key=town.tokens.get(key, key)) as client:
        yield client


async def test_who_may_look_and_who_may_ask(town: Town) -> None:
    for key in ("EMPTY", "sk-proj-1234", "expired", "revoked", "forged"):
        async with client_of(town, key) as client:
            with pytest.raises(openai.AuthenticationError) as caught:
                await client.chat.completions.create(model=MODEL, messages=ASKED)
            error = caught.value
            told = (error.status_code, error.type, error.code)
            assert told == (401, "authentication_error", "invalid_api_key"), key
            assert error.request_id, key
            assert town.tokens.get(key, key) not in str(error.body), key
            with pytest.raises(openai.AuthenticationError):
                await client.models.list()
    async with client_of(town, "vera") as client:
        assert [model.id async for model in await client.models.list()] == [MODEL], "viewers look"
        for ask in (
            client.chat.completions.create(model=MODEL, messages=ASKED),
            client.completions.create(model=MODEL, prompt="one"),
            client.embeddings.create(model=MODEL, input="one"),
        ):
            with pytest.raises(openai.PermissionDeniedError) as denied:
                await ask
            assert (denied.value.type, denied.value.code) == ("permission_error", "not-allowed")


async def test_a_private_model_is_its_owners_and_one_switched_off_nobodys(town: Town) -> None:
    assert (await town.ask("alice", "PATCH", f"/api/models/{MODEL}", json={"private": True}))[0] == 200
    async with client_of(town, "bob") as client:
        assert [model.id async for model in await client.models.list()] == []
        with pytest.raises(openai.NotFoundError):
            await client.models.retrieve(MODEL)
        with pytest.raises(openai.NotFoundError):
            await client.chat.completions.create(model=MODEL, messages=ASKED)
    async with client_of(town, "alice") as client:
        assert (await client.models.retrieve(MODEL)).id == MODEL
        answer = await client.chat.completions.create(model=MODEL, messages=ASKED)
        assert answer.choices[0].message.content == "one two three"
    _, log = await town.ask("root", "GET", "/api/v1/events", params={"type": "generation_completed"})
    assert [event["username"] for event in log["events"]] == ["alice"]
    assert (await town.ask("alice", "PATCH", f"/api/models/{MODEL}", json={"status": "inactive"}))[0] == 200
    async with client_of(town, "alice") as client:
        assert [model.id async for model in await client.models.list()] == [], "what is switched off is not offered"
        with pytest.raises(openai.APIStatusError) as caught:
            await client.chat.completions.create(model=MODEL, messages=ASKED)
        assert (caught.value.param, caught.value.code) == ("model", "model-inactive")
