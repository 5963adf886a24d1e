"""Real weights of a few hundred kilobytes in a real engine, through the depot; and all that can be wrong with them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from steelyard.engines.models import Task
from steelyard.identity.principal import Caller, Principal, PrincipalKind
from steelyard.serving.models import EmbedAsk
from steelyard.testing.engine_suite import children
from steelyard.testing.hub import StandInHub
from steelyard.testing.tinymodel import write_gguf
from tests.flows.chatting import body, chat, events, stream
from tests.flows.house import House, eventually, open_house, serve_house, slug
from tests.unit.serving.hand import Visit

pytest.importorskip("xllamacpp", reason="no wheel for this platform")
MODEL = "org/tiny"
ENGINE: dict[str, Any] = {
    "engines__order": ["llamacpp"], "engines__threads": 1, "engines__context": 1024, "engines__parallel": 2,
    "engines__budget_bytes": 10**9, "engines__cooldown_seconds": 0,
}  # fmt: skip
ALICE = Caller(Principal(1, PrincipalKind.TAILNET, "a", "alice"), "127.0.0.1", "test")
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def gguf(tmp_path: Path) -> bytes:
    return write_gguf(tmp_path / "tiny.gguf").read_bytes()


@pytest.fixture
async def house(hub: StandInHub, home: Path, gguf: bytes) -> AsyncIterator[House]:
    hub.add(MODEL, {"tiny-F32.gguf": gguf})
    hub.add("org/cut", {"cut-F32.gguf": gguf[:-9000]})
    hub.add("org/odd", {"odd-F32.gguf": gguf.replace(b"llama", b"lamma")})
    hub.add("org/plain", {"plain-F32.gguf": gguf.replace(b"tokenizer.chat_template", b"tokenizer.chat_templatX")})
    hub.add("org/bad", {"bad-F32.gguf": gguf.replace(b"{% endfor %}", b"{% endfro %}")})
    hub.add("org/data", {"config.json": b'{"model_type": "llama"}', "model.safetensors": b"x" * 100})
    before = children()
    async with open_house(hub, home, **ENGINE) as house:
        yield house
    assert children() == before


async def test_an_answer_and_a_stream_say_the_same(house: House) -> None:
    await house.bring(MODEL)
    answer = await chat(house, model=MODEL, max_tokens=8, temperature=0)
    assert (answer["engine"], answer["done_reason"], answer["usage"]["completion_tokens"]) == ("llamacpp", "length", 8)
    assert answer["timings"]["load_ms"] > 0
    assert answer["timings"]["answer_ms"] > 0
    *pieces, last = await stream(house, model=MODEL, max_tokens=8, temperature=0)
    assert "".join(piece["delta"]["content"] for piece in pieces) == answer["message"]["content"]
    assert last["usage"] == answer["usage"]
    assert last["timings"]["load_ms"] == 0
    (loaded,) = (await house.get("/api/v1/engines/loaded"))["models"]
    assert (loaded["model"], loaded["context"], loaded["in_flight"]) == (MODEL, 1024, 0)
    assert loaded["size_bytes"] > 10**7, "what the process really takes"


async def test_more_context_than_the_model_takes_is_noted(house: House) -> None:
    await house.bring(MODEL)
    answer = await chat(house, model=MODEL, max_tokens=1, context=100_000)
    (loaded,) = (await house.get("/api/v1/engines/loaded"))["models"]
    assert answer["notes"] == [f"context: the model takes at most {loaded['context']} tokens."]
    gone = await chat(house, model=MODEL, messages=[], keep_alive=0)
    assert gone["done_reason"] == "unload"


async def test_vectors(house: House) -> None:
    await house.bring(MODEL)
    ask = EmbedAsk(MODEL, ["one", "two", "x" * 5000], dimensions=8)
    found = await house.depot.serving.service.embed(ask, ALICE, Visit().request)
    assert [len(vector) for vector in found.vectors] == [8, 8, 8]
    assert found.usage.prompt_tokens > 6
    ((_, live),) = house.depot.serving.keeper.live
    assert live.weights.task is Task.EMBED


@pytest.mark.parametrize(
    ("model", "more", "status", "kind"),
    [
        ("org/cut", {}, 400, "cannot-load"),
        ("org/odd", {}, 400, "cannot-load"),
        ("org/data", {}, 400, "engine-missing"),
        (MODEL, {"context": 1_000_000}, 200, None),  # no more than it was trained for
        (MODEL, {"messages": [{"role": "user", "content": "x" * 5000}]}, 400, "prompt-too-long"),
        (MODEL, {"messages": [{"role": "user", "content": "hello"}] * 10_000}, 400, "prompt-too-long"),
        (MODEL, {"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "no such"}}}}, 400,
         "refused-by-engine"),
    ],
    ids=["cut short", "wrong architecture", "no GGUF", "huge context", "long prompt", "many messages", "bad schema"],
)  # fmt: skip
async def test_what_is_wrong_is_told_and_the_house_is_well(
    house: House, model: str, more: dict[str, Any], status: int, kind: str | None
) -> None:
    await house.bring(MODEL)
    if model != MODEL:
        await house.bring(model)
    problem = await chat(house, expect=status, **{"model": model, "max_tokens": 2, **more})
    if kind is not None:
        assert slug(problem) == kind
        assert problem["hint"]
        assert str(house.store) not in str(problem)
    assert (await chat(house, model=MODEL, max_tokens=2))["done"]


async def test_a_model_that_needs_more_than_there_is(hub: StandInHub, home: Path, gguf: bytes) -> None:
    hub.add(MODEL, {"tiny-F32.gguf": gguf})
    async with open_house(hub, home, **{**ENGINE, "engines__budget_bytes": 2 * 10**7}) as house:
        await house.bring(MODEL)
        problem = await chat(house, expect=507, model=MODEL)
        assert (slug(problem), "BUDGET_BYTES" in problem["hint"]) == ("too-large", True)


async def test_a_model_without_a_template_answers_and_says_so(house: House) -> None:
    await house.bring("org/plain")
    answer = await chat(house, model="org/plain", max_tokens=3)
    assert answer["usage"]["completion_tokens"] == 3
    assert "no chat template" in answer["notes"][0]


async def test_a_bad_template_is_told(house: House) -> None:
    await house.bring("org/bad")
    answer = await house.http.post("/chat", json=body(model="org/bad", max_tokens=2))
    assert answer.status_code in {200, 400}, answer.text
    if answer.status_code == 400:
        assert answer.json()["hint"]


async def test_a_time_out_leaves_it_idle(hub: StandInHub, home: Path, gguf: bytes) -> None:
    hub.add(MODEL, {"tiny-F32.gguf": gguf})
    async with serve_house(hub, home, **{**ENGINE, "engines__context": 4096}) as house:
        await house.bring(MODEL)
        await chat(house, model=MODEL, max_tokens=1)
        asking = [
            asyncio.create_task(chat(house, expect=408, model=MODEL, max_tokens=4000, timeout=1)) for _ in range(2)
        ]
        problems = await asyncio.gather(*asking)
        assert {slug(problem) for problem in problems} == {"generation-timeout"}

        async def idle() -> bool:
            return bool((await house.get("/api/v1/engines/loaded"))["models"][0]["in_flight"] == 0)

        await eventually(idle, "nobody holds it")
        assert (await chat(house, model=MODEL, max_tokens=2))["usage"]["completion_tokens"] == 2
        failed = await events(house, "generation_failed")
        assert {event["error_code"] for event in failed} == {"generation-timeout"}
