"""A house with an echo in place of a model's runtime."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from steelyard.engines.echo.behaviour import Behaviour
from steelyard.engines.echo.engine import EchoEngine
from steelyard.testing.hub import StandInHub
from steelyard.testing.weights import Tensor, Value, gguf_bytes
from tests.flows.house import House, open_house, serve_house

MODEL = "org/parrot"
LLAMA: Mapping[str, Value] = {
    "general.architecture": "llama", "llama.context_length": 8192, "llama.block_count": 2,
    "llama.embedding_length": 64, "llama.attention.head_count": 4, "llama.attention.head_count_kv": 2,
    "tokenizer.chat_template": "{{ messages }}{{ tools }}{{ enable_thinking }}",
}  # fmt: skip
ECHOES: Mapping[str, Any] = {"engines__order": ["echo"], "engines__budget_bytes": 1_000_000}


def weights(seed: int = 1, metadata: Mapping[str, Value] = LLAMA) -> bytes:
    """A small GGUF file."""
    return gguf_bytes(metadata, {"a": Tensor((256, 8), "Q8_0")}, seed=seed)


def echo(house: House) -> EchoEngine:
    """The house's echo."""
    engine = house.depot.serving.engines.get("echo")
    assert isinstance(engine, EchoEngine)
    return engine


def behave(house: House, **how: Any) -> Behaviour:
    """Let the echo behave otherwise from now on."""
    engine = echo(house)
    engine.behaviour = replace(engine.behaviour, **how)
    return engine.behaviour


@asynccontextmanager
async def chatting_house(hub: StandInHub, home: Path, *, served: bool = False, **options: Any) -> AsyncIterator[House]:
    """A house that has the parrot; ``served``: behind real sockets."""
    hub.add(MODEL, {"parrot-Q8_0.gguf": weights(1), "parrot-Q4_0.gguf": weights(2), "README.md": b"# Parrot\n"})
    opened = serve_house if served else open_house
    async with opened(hub, home, **{**ECHOES, **options}) as house:
        await house.bring(MODEL)
        yield house


def body(text: str = "one two three", model: str = MODEL, **more: Any) -> dict[str, Any]:
    """What to post."""
    return {"model": model, "messages": [{"role": "user", "content": text}], **more}


async def chat(house: House, text: str = "one two three", expect: int = 200, **more: Any) -> dict[str, Any]:
    """``POST /chat``; the answer's body."""
    answer = await house.http.post("/chat", json=body(text, **more))
    assert answer.status_code == expect, answer.text
    return dict(answer.json())


async def stream(house: House, text: str = "one two three", **more: Any) -> list[dict[str, Any]]:
    """The chunks of a streamed answer."""
    async with house.http.stream("POST", "/chat", json=body(text, stream=True, **more)) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        return [json.loads(line[6:]) async for line in answer.aiter_lines() if line.startswith("data: ")]


async def events(house: House, kind: str) -> list[dict[str, Any]]:
    """The log's events of a type, newest first."""
    return list((await house.get("/api/v1/events", type=kind))["events"])
