"""Ollama's own client against a language model that llama.cpp runs."""

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from steelyard.testing.hub import StandInHub
from steelyard.testing.tinymodel import write_gguf
from tests.flows.house import House, eventually, serve_house

ollama = pytest.importorskip("ollama", reason="the official client is not installed")
pytest.importorskip("xllamacpp", reason="no wheel for this platform")
MODEL = "acme/tiny"
ASKED = [{"role": "user", "content": "hello"}]
GREEDY = {"temperature": 0, "num_predict": 8, "seed": 1}
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
    client = ollama.AsyncClient(host=str(house.http.base_url))
    yield client
    await client._client.aclose()  # version 0.6.3 has no other way


async def test_one_model_answers_every_call(client: Any) -> None:
    plain = await client.chat(MODEL, ASKED, options=GREEDY)
    text = plain.message.content
    assert (len(text), plain.done_reason, plain.eval_count) == (8, "length", 8)
    assert plain.total_duration > plain.load_duration > 0
    assert min(plain.prompt_eval_duration, plain.eval_duration, plain.prompt_eval_count) > 0

    pieces = [piece async for piece in await client.chat(MODEL, ASKED, options=GREEDY, stream=True, think=False)]
    assert "".join(piece.message.content or "" for piece in pieces) == text

    told = await client.chat(MODEL, ASKED, options=GREEDY, logprobs=True, top_logprobs=2)
    assert "".join(one.token for one in told.logprobs) == text
    assert all(len(one.top_logprobs) == 2 for one in told.logprobs)

    formed = await client.chat(MODEL, ASKED, options=GREEDY | {"num_predict": 60}, format=SCHEMA)
    assert set(json.loads(formed.message.content)) == {"yes"}

    first = await client.generate(MODEL, "hello", options=GREEDY)
    assert first.response == text
    again = await client.generate(MODEL, "more", options=GREEDY, context=first.context)
    assert again.prompt_eval_count > first.prompt_eval_count
    raw = await client.generate(MODEL, "hello", options=GREEDY, raw=True)
    assert raw.prompt_eval_count < first.prompt_eval_count

    with pytest.raises(ollama.ResponseError) as long:
        await client.generate(MODEL, "x" * 600)
    assert long.value.status_code == 400
    picture = base64.b64encode(b"\x89PNG\r\n\x1a\n and so on").decode()
    with pytest.raises(ollama.ResponseError) as blind:
        await client.generate(MODEL, "what is it?", images=[picture])
    assert (blind.value.status_code, "image" in blind.value.error) == (400, True)


async def test_a_larger_context_loads_it_anew_and_an_unload_frees_it(client: Any) -> None:
    await client.generate(MODEL, "")
    assert [one.context_length for one in (await client.ps()).models] == [512]
    await client.generate(MODEL, "x" * 600, options=GREEDY | {"num_ctx": 1024})
    assert 1024 in [one.context_length for one in (await client.ps()).models]
    await client.generate(MODEL, "", keep_alive=0)

    async def gone() -> bool:
        return not (await client.ps()).models

    await eventually(gone, "it left memory")
