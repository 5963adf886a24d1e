"""The SDK's chat, sessions and engines against the house."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

import steelyard
from steelyard.client import ApiError, NotFound
from steelyard.testing.hub import StandInHub
from tests.flows.chatting import MODEL, behave, chatting_house, echo
from tests.flows.house import House, eventually


@pytest.fixture
async def house(hub: StandInHub, home: Path) -> AsyncIterator[House]:
    async with chatting_house(hub, home, served=True) as house:
        yield house


@pytest.fixture
async def client(house: House) -> AsyncIterator[steelyard.AsyncClient]:
    async with steelyard.AsyncClient(str(house.http.base_url), user="alice") as client:
        yield client


async def test_plain_and_streamed_answers_are_the_same(client: steelyard.AsyncClient) -> None:
    whole = await client.chat.ask(MODEL, "one two three", temperature=0)
    *pieces, last = [chunk async for chunk in client.chat.stream(MODEL, "one two three", temperature=0)]
    assert "".join(chunk["delta"]["content"] for chunk in pieces) == whole["message"]["content"] == "one two three"
    assert (last["usage"], last["done_reason"]) == (whole["usage"], whole["done_reason"])
    assert last["timings"]["first_token_ms"] is not None
    assert last["model"] == MODEL


async def test_closing_a_stream_stops_generation(house: House, client: steelyard.AsyncClient) -> None:
    behave(house, endless=True, token_seconds=0.01)
    async with aclosing(client.chat.stream(MODEL, "on")) as chunks:
        assert (await anext(chunks))["delta"]["content"] == "on"

    async def idle() -> bool:
        return echo(house).tally.running == 0

    await eventually(idle, "generation stopped")
    assert echo(house).tally.finished == 0


async def test_errors_before_and_in_a_stream(house: House, client: steelyard.AsyncClient) -> None:
    with pytest.raises(NotFound) as missing:
        await anext(client.chat.stream("org/other", "hi"))
    assert "steelyard pull org/other" in str(missing.value.hint)
    behave(house, error_after=1)
    chunks = client.chat.stream(MODEL, "one two")
    await anext(chunks)
    with pytest.raises(ApiError) as broken:
        await anext(chunks)
    assert (broken.value.status, broken.value.slug) == (503, "engine-failed")


async def test_time_is_over(house: House, client: steelyard.AsyncClient) -> None:
    behave(house, endless=True, token_seconds=0.01)
    with pytest.raises(ApiError) as plain:
        await client.chat.ask(MODEL, "on", timeout=1)
    with pytest.raises(ApiError) as streamed:
        _ = [chunk async for chunk in client.chat.stream(MODEL, "on", timeout=1)]
    assert {(error.value.status, error.value.slug) for error in (plain, streamed)} == {(408, "generation-timeout")}


async def test_conversations_that_the_depot_keeps(client: steelyard.AsyncClient) -> None:
    await client.chat.ask(MODEL, "one", session="trip")
    _ = [chunk async for chunk in client.chat.stream(MODEL, "two", session="trip")]
    assert (await client.sessions.list())["sessions"][0]["messages"] == 4
    kept = await client.sessions.get("trip")
    assert [message["content"] for message in kept["messages"]] == ["one", "one", "two", "two"]
    await client.sessions.delete("trip")
    with pytest.raises(NotFound):
        await client.sessions.get("trip")


async def test_what_is_in_memory_and_how_it_leaves(client: steelyard.AsyncClient) -> None:
    assert [engine["name"] for engine in (await client.engines.list())["engines"]] == ["echo"]
    assert (await client.chat.load(MODEL))["done_reason"] == "load"
    (held,) = (await client.engines.loaded())["models"]
    assert (held["model"], held["engine"], held["task"], held["in_flight"]) == (MODEL, "echo", "chat", 0)
    assert (await client.engines.unload(MODEL))["unloaded"] is True
