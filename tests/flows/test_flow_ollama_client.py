"""Ollama's own client against the depot, unmodified: every call that applies."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from steelyard.testing.hub import StandInHub
from tests.flows.chatting import MODEL, behave, chatting_house, echo, weights
from tests.flows.house import House, eventually

ollama = pytest.importorskip("ollama", reason="the official client is not installed")
ASKED = [{"role": "user", "content": "one two three"}]
PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n and so on").decode()


@pytest.fixture
async def house(hub: StandInHub, home: Path) -> AsyncIterator[House]:
    async with chatting_house(hub, home, served=True) as house:
        yield house


@pytest.fixture
async def client(house: House) -> AsyncIterator[Any]:
    client = ollama.AsyncClient(host=str(house.http.base_url))
    yield client
    await client._client.aclose()  # version 0.6.3 has no other way


async def test_chat_generate_and_vectors(client: Any) -> None:
    answer = await client.chat(MODEL, ASKED)
    assert (answer.message.role, answer.message.content, answer.done_reason) == ("assistant", "one two three", "stop")
    assert (answer.prompt_eval_count, answer.eval_count) == (3, 3)
    pieces = [piece async for piece in await client.chat(MODEL, ASKED, stream=True)]
    assert "".join(piece.message.content or "" for piece in pieces) == "one two three"
    assert [piece.done for piece in pieces] == [False, False, False, True]

    answer = await client.generate(MODEL, "one two", options={"num_predict": 1}, format="json")
    assert (answer.response, answer.done_reason) == ('{"echo": ', "length")
    pieces = [piece async for piece in await client.generate(MODEL, "one two", stream=True)]
    assert "".join(piece.response for piece in pieces) == "one two"
    again = await client.generate(MODEL, "three", context=pieces[-1].context)
    assert again.response == "three"

    embedded = await client.embed(MODEL, ["a", "b"])
    assert len(embedded.embeddings) == 2
    assert (await client.embeddings(MODEL, "a")).embedding == embedded.embeddings[0]


async def test_chat_with_tools_pictures_and_thinking(house: House, client: Any) -> None:
    def look(place: str) -> str:
        """Look somewhere.

        Args:
          place: where
        """
        return place

    said = [
        {"role": "user", "content": "where?", "images": [PICTURE]},
        {"role": "assistant", "tool_calls": [{"function": {"name": "look", "arguments": {"place": "here"}}}]},
        {"role": "tool", "content": "nothing", "tool_name": "look"},
        *ASKED,
    ]
    await client.chat(MODEL, said, tools=[look], think="low")
    sent = echo(house).tally.bodies[-1]
    first, call, answer, _ = sent["messages"]
    assert first["content"][1]["image_url"]["url"] == f"data:image/png;base64,{PICTURE}"
    assert call["tool_calls"][0]["function"] == {"name": "look", "arguments": '{"place": "here"}'}
    assert answer["tool_call_id"] == call["tool_calls"][0]["id"]
    assert sent["tools"][0]["function"]["name"] == "look"
    assert sent["chat_template_kwargs"] == {"enable_thinking": True, "reasoning_effort": "low"}


async def test_list_show_ps_and_pull(house: House, client: Any) -> None:
    await client.chat(MODEL, ASKED, keep_alive="10m")
    (model,) = (await client.list()).models
    assert (model.model, model.details.format) == (f"{MODEL}:latest", "gguf")
    shown = await client.show(MODEL)
    assert (shown.modelinfo["general.architecture"], shown.details.family) == ("llama", "llama")
    (running,) = (await client.ps()).models
    assert (running.model, running.context_length) == (f"{MODEL}:latest", 4096)
    assert running.expires_at is not None
    await client.generate(MODEL, "", keep_alive=0)

    async def gone() -> bool:
        return not (await client.ps()).models

    await eventually(gone, "it left memory")

    house.hub.add("org/late", {"late-Q8_0.gguf": weights(5)})
    told = [one async for one in await client.pull("org/late", stream=True)]
    assert (told[0].status, told[-1].status) == ("pulling manifest", "success")
    assert any(one.digest and one.completed == one.total for one in told)
    assert (await client.pull("org/late")).status == "success"
    with pytest.raises(ollama.ResponseError) as raised:
        await client.pull("org/nowhere")
    assert raised.value.status_code == 404


async def test_copy_create_and_delete(client: Any) -> None:
    assert (await client.copy(MODEL, "polly")).status == "success"
    made = await client.create("pirate", from_=MODEL, system="Arr.", parameters={"num_predict": 1})
    assert made.status == "success"
    assert (await client.chat("pirate", ASKED)).message.content == "one "
    assert (await client.delete("polly")).status == "success"
    assert [one.model for one in (await client.list()).models] == [f"{MODEL}:latest", "pirate:latest"]
    assert (await client.delete(MODEL)).status == "success"
    assert (await client.list()).models == []


async def test_errors_and_leaving(house: House, client: Any) -> None:
    with pytest.raises(ollama.ResponseError) as missing:
        await client.chat("org/other", ASKED)
    assert missing.value.status_code == 404
    assert missing.value.error.startswith('model "org/other" not found, try pulling it first')
    with pytest.raises(ollama.ResponseError) as refused:
        await client.create("x", from_=MODEL, quantize="q4_K_M")
    assert (refused.value.status_code, "quantised" in refused.value.error) == (400, True)
    with pytest.raises(ollama.ResponseError, match="pushed"):
        await client.push(MODEL)
    behave(house, error_after=1)
    with pytest.raises(ollama.ResponseError) as broken:
        [piece async for piece in await client.chat(MODEL, ASKED, stream=True)]
    assert broken.value.status_code == -1

    behave(house, error_after=None, endless=True, token_seconds=0.005)
    stream = await client.chat(MODEL, ASKED, stream=True)
    await anext(stream)
    await stream.aclose()

    async def idle() -> bool:
        return echo(house).tally.running == 0

    await eventually(idle, "the engine stopped")
