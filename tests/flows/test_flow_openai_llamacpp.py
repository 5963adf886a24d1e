"""OpenAI's own client against a language model that llama.cpp runs."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from steelyard.testing.hub import StandInHub
from steelyard.testing.tinymodel import write_gguf
from tests.flows.house import House, eventually, serve_house

openai = pytest.importorskip("openai", reason="the official client is not installed")
pytest.importorskip("xllamacpp", reason="no wheel for this platform")
MODEL = "acme/tiny"
ASKED = [{"role": "user", "content": "hello"}]
SCHEMA = {"type": "object", "properties": {"yes": {"type": "boolean"}}, "required": ["yes"]}


@pytest.fixture
async def house(hub: StandInHub, home: Path, tmp_path: Path) -> AsyncIterator[House]:
    hub.add(MODEL, {"tiny.gguf": write_gguf(tmp_path / "tiny.gguf").read_bytes()})
    options: dict[str, Any] = {"engines__order": ["llamacpp"], "engines__threads": 1, "engines__context": 512}
    async with serve_house(hub, home, **options) as house:
        await house.bring(MODEL)
        yield house


@pytest.fixture
async def client(house: House) -> AsyncIterator[Any]:
    async with openai.AsyncOpenAI(base_url=f"{house.http.base_url}/v1", api_key="EMPTY") as client:
        yield client


async def test_one_model_answers_every_call(house: House, client: Any) -> None:
    asked: dict[str, Any] = {"model": MODEL, "messages": ASKED, "max_tokens": 8, "temperature": 0, "seed": 1}
    plain = await client.chat.completions.create(**asked)
    text = plain.choices[0].message.content
    assert (len(text), plain.choices[0].finish_reason, plain.usage.completion_tokens) == (8, "length", 8)

    stream = await client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True})
    *chunks, last = [chunk async for chunk in stream]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == text
    assert last.usage == plain.usage

    stopped = await client.chat.completions.create(**asked, stop=text[4])
    assert (stopped.choices[0].message.content, stopped.choices[0].finish_reason) == (
        text[: text.index(text[4])],
        "stop",
    )

    told = await client.chat.completions.create(**asked, logprobs=True, top_logprobs=2)
    content = told.choices[0].logprobs.content
    assert "".join(token.token for token in content) == text
    assert all(len(token.top_logprobs) == 2 and token.logprob <= 0 for token in content)

    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True}}
    formed = await client.chat.completions.create(**{**asked, "max_tokens": 60}, response_format=form)
    assert set(json.loads(formed.choices[0].message.content)) == {"yes"}

    completed = await client.completions.create(model=MODEL, prompt="abc", max_tokens=4, temperature=0, logprobs=2)
    choice = completed.choices[0]
    assert "".join(choice.logprobs.tokens) == choice.text
    assert choice.logprobs.text_offset == [0, 1, 2, 3]
    assert len(choice.logprobs.top_logprobs) == 4

    with pytest.raises(openai.BadRequestError) as caught:
        await client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "x" * 600}])
    assert caught.value.code == "context_length_exceeded"

    packed = await client.embeddings.create(model=MODEL, input=["one", "two"])
    assert len({len(one.embedding) for one in packed.data}) == 1
    assert packed.usage.prompt_tokens > 0

    await leave(house, client)


async def leave(house: House, client: Any) -> None:
    """Go in the middle of an answer without an end: nobody holds the model then."""
    stream = await client.chat.completions.create(model=MODEL, messages=ASKED, stream=True)
    async for chunk in stream:
        if chunk.choices[0].delta.content:
            break
    await stream.close()

    async def free() -> bool:
        return all(one.in_flight == 0 for one in house.depot.serving.service.state().loaded)

    await eventually(free, "nobody holds the model", 10.0)
