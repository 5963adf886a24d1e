"""Bodies with very many values, on every surface: a short answer, and no more work than reading up to the first."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from steelyard.dialects.ollama.context import MOST_NUMBERS, TOO_LONG
from steelyard.http.bodylimit import MAX_COMMAS
from steelyard.testing.hub import StandInHub
from tests.flows.chatting import MODEL, behave, chatting_house
from tests.flows.house import House

MANY = [0] * 50_000
SAID = {"messages": [{"role": "user", "content": MANY}]}
WORDS = ["x"] * 50_000


@pytest.fixture
async def house(hub: StandInHub, home: Path) -> AsyncIterator[House]:
    async with chatting_house(hub, home) as house:
        yield house


async def refused(house: House, path: str, body: dict[str, Any], status: int) -> None:
    """Nothing of the body comes back."""
    answer = await house.http.post(path, json={"model": MODEL, **body})
    assert answer.status_code == status, (path, answer.text[:500])
    assert len(answer.content) < 2000, (path, len(answer.content))


async def test_a_body_full_of_faults_gets_a_short_answer(house: House) -> None:
    for path in ("/chat", "/api/v1/chat"):
        await refused(house, path, SAID, 422)
        await refused(house, path, {"messages": MANY}, 422)
        await refused(house, path, {str(number): 0 for number in range(5000)}, 422)
    await refused(house, "/v1/chat/completions", SAID, 400)
    await refused(house, "/v1/chat/completions", {"messages": [], "stop": MANY}, 400)
    await refused(house, "/v1/completions", {"prompt": MANY}, 400)
    await refused(house, "/v1/embeddings", {"input": MANY}, 400)
    await refused(house, "/api/chat", SAID, 400)
    await refused(house, "/api/embed", {"input": MANY}, 400)
    await refused(house, "/api/generate", {"prompt": "a", "context": WORDS}, 400)
    for path in ("/chat", "/v1/chat/completions", "/api/generate"):
        await refused(house, path, {"context": [0] * (MAX_COMMAS + 1)}, 413)


async def test_a_context_is_given_out_only_while_it_is_taken_back(house: House) -> None:
    behave(house, context=None)
    body = {"model": MODEL, "prompt": secrets.token_hex(MOST_NUMBERS // 4), "stream": False}
    first = (await house.http.post("/api/generate", json=body)).json()
    assert (first["done"], "context" in first, TOO_LONG in first.get("notes", ())) == (True, True, False)
    second = (await house.http.post("/api/generate", json=body | {"context": first["context"]})).json()
    assert second["done"]
    body["prompt"] = secrets.token_hex(MOST_NUMBERS)
    third = (await house.http.post("/api/generate", json=body)).json()
    assert (third["done"], "context" in third, TOO_LONG in third["notes"]) == (True, False, True)
