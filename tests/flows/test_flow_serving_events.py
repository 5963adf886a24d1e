"""Whatever becomes of a request to a model: exactly one event tells of it, with how it went."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from steelyard.testing.hub import StandInHub
from tests.flows.chatting import MODEL, behave, body, chat, chatting_house, echo, stream
from tests.flows.house import House, open_house
from tests.flows.house import eventually as so

TERMINAL = ("generation_completed", "generation_failed")
ENDLESS = {"endless": True, "token_seconds": 0.01}
SURFACES = ("/chat", "/v1/chat/completions", "/api/chat")


@pytest.fixture
async def house(hub: StandInHub, home: Path) -> AsyncIterator[House]:
    async with chatting_house(hub, home, usage__store_prompts=True) as house:
        yield house


async def told(house: House) -> list[tuple[str, bool, str | None]]:
    """Type, success and error code of what was asked of models, newest first."""
    found = (await house.get("/api/v1/events"))["events"]
    return [(one["type"], one["success"], one["error_code"]) for one in found if one["type"] in TERMINAL]


async def ask(house: House, path: str, *, streamed: bool) -> int:
    """The status; the answer is read to its end."""
    asked = body(stream=streamed) | ({} if path == "/api/chat" else {"timeout": 1})
    return int((await house.http.post(path, json=asked)).status_code)


@pytest.mark.parametrize("path", SURFACES)
async def test_answered(house: House, path: str) -> None:
    for streamed in (False, True):
        assert await ask(house, path, streamed=streamed) == 200
    assert await told(house) == [("generation_completed", True, None)] * 2
    (event, _) = [one for one in (await house.get("/api/v1/events"))["events"] if one["type"] in TERMINAL]
    assert event["parameters"]["prompt"] == "one two three"
    assert (event["tokens_in"], event["tokens_out"], event["model"]) == (3, 3, MODEL)
    assert event["queue_ms"] >= 0
    assert 0 < event["first_token_ms"] <= event["duration_ms"]


@pytest.mark.parametrize("path", ["/chat", "/v1/chat/completions"])
async def test_timed_out(house: House, path: str) -> None:
    behave(house, **ENDLESS)
    for streamed in (False, True):
        await ask(house, path, streamed=streamed)
    assert await told(house) == [("generation_failed", False, "generation-timeout")] * 2


@pytest.mark.parametrize("path", SURFACES)
async def test_an_engine_that_breaks_in_the_middle(house: House, path: str) -> None:
    behave(house, error_after=1)
    for streamed in (False, True):
        await ask(house, path, streamed=streamed)
    assert await told(house) == [("generation_failed", False, "engine-failed")] * 2


async def test_an_engine_that_dies_in_the_middle(house: House) -> None:
    behave(house, **ENDLESS)
    asking = asyncio.create_task(stream(house))
    await so(lambda: _is(echo(house).tally.running == 1), "it is answered")
    await echo(house).loaded[0].crash()
    assert (await asking)[-1]["error"]["type"] == "engine-failed"
    assert await told(house) == [("generation_failed", False, "engine-failed")]


async def test_vectors(house: House) -> None:
    for path, asked in (("/v1/embeddings", {"input": "one"}), ("/api/embed", {"input": ["one"]})):
        assert (await house.http.post(path, json={"model": MODEL, **asked})).status_code == 200
        missing = await house.http.post(path, json={"model": "org/none", **asked})
        assert missing.status_code == 404
    ended, failed = ("generation_completed", True, None), ("generation_failed", False, "model-missing")
    assert await told(house) == [failed, ended] * 2


async def test_refused(house: House) -> None:
    await chat(house, expect=404, model="org/none")
    await house.http.patch(f"/api/models/{MODEL}", json={"status": "inactive"})

    async def off() -> bool:
        return (await house.http.post("/chat", json=body())).status_code == 409

    before = len(await told(house))
    await so(off, "it is switched off")
    assert len(await told(house)) > before
    assert (await told(house))[0] == ("generation_failed", False, "model-inactive")


async def test_by_itself_the_log_keeps_no_word(hub: StandInHub, home: Path) -> None:
    async with open_house(hub, home) as house:
        assert house.depot.settings.usage.store_prompts is False


async def _is(value: Any) -> bool:
    return bool(value)
