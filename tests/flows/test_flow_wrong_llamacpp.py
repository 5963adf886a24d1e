"""All that can be wrong with a model or a request, in each protocol: a clear error, its hint, and the server well."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from steelyard.testing.engine_suite import children
from steelyard.testing.hub import StandInHub
from steelyard.testing.tinymodel import Size, write_gguf
from tests.flows.house import House, open_house

pytest.importorskip("xllamacpp", reason="no wheel for this platform")
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
MODEL = "org/tiny"
ENGINE: dict[str, Any] = {
    "engines__order": ["llamacpp"], "engines__threads": 1, "engines__context": 1024, "engines__parallel": 4,
    "engines__budget_bytes": 10**9, "engines__cooldown_seconds": 0,
}  # fmt: skip
HUGE = Size(hidden=512, layers=4, heads=8, kv_heads=8, inner=64, context=2**20, tiled=True)
CONTEXT = 2**20  # of HUGE, for four requests: 32 GB of cache
WRONG_SCHEMA = {"type": "no such"}
STREAMED = {"cut short", "long prompt"}  # one before the engine is there, one of the engine itself
MANY = [{"role": "assistant" if turn % 2 else "user", "content": f"m{turn}"} for turn in range(10_001)]
PATHS = {"native": "/chat", "openai": "/v1/chat/completions", "ollama": "/api/chat"}


@dataclass(frozen=True)
class Wrong:
    """``words`` are what people read; ``context`` is asked for where the protocol has it."""

    status: int
    words: tuple[str, ...]
    model: str = MODEL
    messages: list[dict[str, Any]] = field(default_factory=lambda: [{"role": "user", "content": "hello"}])
    schema: dict[str, Any] | None = None
    context: int | None = None


CASES = {
    "cut short": Wrong(400, ("cut short", "steelyard verify org/cut"), "org/cut"),
    "wrong architecture": Wrong(400, ("architecture 'lamma'", "another model"), "org/odd"),
    "bad template": Wrong(400, ("chat template of org/bad", "Pull another file"), "org/bad"),
    "32 GB of cache": Wrong(507, ("does not fit", "BUDGET_BYTES"), "org/huge", context=CONTEXT),
    "long prompt": Wrong(400, ("tokens", "Shorten"), messages=[{"role": "user", "content": "x" * 5000}]),
    "10,000 messages": Wrong(400, ("tokens", "Shorten"), messages=MANY),
    "invalid schema": Wrong(400, ("no such", "Change the request"), schema=WRONG_SCHEMA),
}


@pytest.fixture
async def house(hub: StandInHub, home: Path, tmp_path: Path) -> AsyncIterator[House]:
    gguf = write_gguf(tmp_path / "tiny.gguf").read_bytes()
    hub.add(MODEL, {"tiny-F32.gguf": gguf})
    hub.add("org/cut", {"cut-F32.gguf": gguf[:-9000]})
    hub.add("org/odd", {"odd-F32.gguf": gguf.replace(b"llama", b"lamma")})
    hub.add("org/bad", {"bad-F32.gguf": gguf.replace(b"{% endfor %}", b"{% endfro %}")})
    hub.add("org/huge", {"huge-F32.gguf": write_gguf(tmp_path / "huge.gguf", HUGE).read_bytes()})
    before = children()
    async with open_house(hub, home, **ENGINE) as house:
        for model in {MODEL, *(case.model for case in CASES.values())}:
            await house.bring(model)
        yield house
    assert children() == before


def body(surface: str, case: Wrong, *, is_streamed: bool) -> dict[str, Any]:
    """What to post. The engine takes seconds for ten thousand messages: so many are sent once."""
    messages = case.messages if surface == "native" else case.messages[:2001]
    asked: dict[str, Any] = {"model": case.model, "messages": messages, "stream": is_streamed}
    if surface == "ollama":
        formed = {} if case.schema is None else {"format": case.schema}
        return {**asked, **formed, "options": {"num_predict": 2} | ({"num_ctx": case.context} if case.context else {})}
    form: dict[str, Any] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": case.schema}}
    asked |= {"max_tokens": 2} | ({} if case.schema is None else {"response_format": form})
    return asked | ({"context": case.context} if case.context else {})


async def test_each_protocol_tells_it_and_the_house_is_well(house: House) -> None:
    for name, case in CASES.items():
        for surface, path in PATHS.items():
            if case.context and surface == "openai":
                continue  # OpenAI's protocol has no word for it
            for is_streamed in (False, True) if name in STREAMED else (False,):
                answer = await house.http.post(path, json=body(surface, case, is_streamed=is_streamed), timeout=60)
                where = f"{name}, {surface}, {'stream' if is_streamed else 'plain'}: {answer.text[:500]}"
                in_stream = is_streamed and answer.status_code == 200
                assert answer.status_code == case.status or (in_stream and '"error"' in answer.text), where
                assert all(word in answer.text for word in case.words), where
                assert str(house.store) not in answer.text, where
        well = await house.http.post("/chat", json=body("native", Wrong(200, ()), is_streamed=False), timeout=60)
        assert (well.status_code, well.json()["usage"]["completion_tokens"]) == (200, 2), name
    assert (await house.get("/health"))["status"] == "ok"
