"""Conversations that the server keeps."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from steelyard.testing.hub import StandInHub
from tests.flows.chatting import behave, chat, chatting_house, echo, events, stream
from tests.flows.house import House, slug


@pytest.fixture
async def house(hub: StandInHub, home: Path) -> AsyncIterator[House]:
    async with chatting_house(hub, home) as house:
        yield house


async def test_what_was_said_before_is_said_again(house: House) -> None:
    first = await chat(house, "one", session="trip")
    assert first["session"] == "trip"
    await stream(house, "two", session="trip")
    await chat(house, "three", session="trip")
    said = echo(house).tally.bodies[-1]["messages"]
    assert [(one["role"], one["content"]) for one in said] == [
        ("user", "one"), ("assistant", "one"), ("user", "two"), ("assistant", "two"), ("user", "three"),
    ]  # fmt: skip
    kept = await house.get("/api/v1/sessions/trip")
    assert (kept["session"], kept["count"], len(kept["messages"])) == ("trip", 6, 6)
    listed = await house.get("/api/v1/sessions")
    assert (listed["count"], listed["sessions"][0]["messages"]) == (1, 6)
    assert {event["session"] for event in await events(house, "generation_completed")} == {"trip"}


async def test_whose_it_is_and_what_changes_nothing(house: House) -> None:
    await chat(house, "one", session="trip")
    behave(house, error_after=1)
    await stream(house, "two three four", session="trip")
    behave(house, error_after=None)
    problem = await chat(house, "x" * 200_000, expect=413, session="trip")
    assert slug(problem) == "session-too-large"
    assert (await house.get("/api/v1/sessions/trip"))["count"] == 2
    answer = await house.http.get("/api/v1/sessions", headers={"X-Steelyard-User": "bob"})
    assert answer.json() == {"count": 0, "sessions": []}, "others do not see it"
    for name in ("", "a b", "../x", "x" * 65):
        assert slug(await chat(house, expect=422, session=name)) == "invalid", name
    assert (await house.http.delete("/api/v1/sessions/trip")).status_code == 204
    for method in ("GET", "DELETE"):
        answer = await house.http.request(method, "/api/v1/sessions/trip")
        assert (answer.status_code, slug(answer.json())) == (404, "session-missing")
