"""Clients that leave: whatever they waited for, the engine stops, and the log says that they left."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from steelyard.testing.hub import StandInHub
from tests.flows.chatting import behave, body, chat, chatting_house, echo, events
from tests.flows.house import House, eventually

TRIES = 10


@pytest.fixture
async def house(hub: StandInHub, home: Path) -> AsyncIterator[House]:
    async with chatting_house(hub, home, served=True) as house:
        yield house


async def leave(house: House, *, streamed: bool, after: int, begun: int) -> None:
    """Ask, and go when the engine has begun so many (``after`` 0), or so many bytes have come."""
    async with httpx2.AsyncClient(base_url=house.http.base_url) as client:
        asking = asyncio.create_task(ask(client, streamed=streamed, after=after))
        await eventually(lambda: is_so(echo(house).tally.begun >= begun), "they are generating")
        if after == 0:
            asking.cancel()
        await asyncio.wait([asking])


async def ask(client: httpx2.AsyncClient, *, streamed: bool, after: int) -> None:
    """Read so many bytes of an endless answer, or wait for all of it."""
    if not streamed:
        await client.post("/chat", json=body())
        return
    async with client.stream("POST", "/chat", json=body(stream=True)) as answer:
        read = 0
        async for data in answer.aiter_raw():
            read += len(data)
            if after and read >= after:
                return


async def is_so(value: Any) -> bool:
    """For ``eventually``."""
    return bool(value)


async def idle(house: House) -> None:
    """The engine works on nothing, and nobody holds it."""
    await eventually(lambda: is_so(echo(house).tally.running == 0), "generation stopped", 5.0)

    async def free() -> bool:
        return all(one.in_flight == 0 for one in house.depot.serving.service.state().loaded)

    await eventually(free, "nobody holds the model", 5.0)


@pytest.mark.parametrize(
    ("streamed", "after", "how"),
    [
        (True, 0, {"prefill_seconds": 60.0}),
        (False, 0, {"prefill_seconds": 60.0}),
        (True, 200, {"endless": True, "token_seconds": 0.005}),
        (False, 0, {"endless": True, "token_seconds": 0.005}),
    ],
    ids=["stream in prefill", "plain in prefill", "in stream", "plain"],
)
@pytest.mark.parametrize("company", [0, 2], ids=["alone", "beside others"])
async def test_generation_stops(house: House, streamed: bool, after: int, how: dict[str, Any], company: int) -> None:
    await chat(house)
    behave(house, **how)
    for _ in range(TRIES):
        begun = echo(house).tally.begun + 1 + company
        others = [asyncio.create_task(leave(house, streamed=True, after=after, begun=begun)) for _ in range(company)]
        await leave(house, streamed=streamed, after=after, begun=begun)
        await asyncio.gather(*others)
        await idle(house)
    assert echo(house).tally.finished == 1

    async def told() -> bool:
        return len(await events(house, "generation_failed")) == TRIES * (1 + company)

    await eventually(told, "each is in the log")
    failed = await events(house, "generation_failed")
    assert {(event["success"], event["error_code"]) for event in failed} == {(False, "client-left")}


async def test_whoever_leaves_while_it_is_loaded_or_in_line_holds_nothing(house: House) -> None:
    gate = asyncio.Event()
    behave(house, load_gate=gate)
    async with httpx2.AsyncClient(base_url=house.http.base_url) as client:
        asking = [asyncio.create_task(client.post("/chat", json=body())) for _ in range(6)]

        async def waiting() -> bool:
            return sum(house.depot.serving.service.state().waiting.values()) == 6

        await eventually(waiting, "all wait")
        for one in asking:
            one.cancel()
        await asyncio.wait(asking)

    async def nobody() -> bool:
        return house.depot.serving.service.state().waiting == {}

    await eventually(nobody, "nobody waits")
    gate.set()
    assert (await chat(house))["message"]["content"] == "one two three"
    assert echo(house).tally.begun == 1


async def test_the_server_stops_while_it_generates_and_leaves_nothing(hub: StandInHub, home: Path) -> None:
    async with chatting_house(hub, home, served=True) as house:
        await chat(house)
        behave(house, endless=True, token_seconds=0.005)
        engine = echo(house)
        asking = asyncio.create_task(house.http.post("/chat", json=body()))
        await eventually(lambda: is_so(engine.tally.running == 1), "it is generating")
    with pytest.raises(httpx2.TransportError):
        await asking
    assert (engine.tally.running, engine.loaded) == (0, [])
