"""llama.cpp in its child process, with the seeded model and with real weights."""

import asyncio
import json
import math
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from steelyard.engines.errors import CannotLoad, EngineFailed, EngineMissing, PromptTooLong, RefusedByEngine, TooLarge
from steelyard.engines.llamacpp.engine import LlamaCppEngine
from steelyard.engines.models import Endpoint, LoadOptions, Weights
from steelyard.engines.protocol import Loaded
from steelyard.engines.registry import Engines
from steelyard.engines.running import RunningChild
from steelyard.engines.wire import EngineClient
from steelyard.testing.engine_suite import CHAT, OPTIONS, EngineSuite, answer, children, say, streamed
from steelyard.testing.tinymodel import MIDDLE, write_gguf
from tests.unit.engines.models import gguf, minilm

DATA = Path(__file__).parents[2] / "data" / "engines"
pytest.importorskip("xllamacpp", reason="no wheel for this platform")


class LlamaPlace:
    """The engine with the seeded model; its own list of slots tells whether it works."""

    def __init__(self, folder: Path) -> None:
        self.engine = LlamaCppEngine(show_slots=True)
        self.weights = gguf(folder)
        cut = folder / "cut.gguf"
        cut.write_bytes(self.weights.path.read_bytes()[:-5000])
        self.broken = replace(self.weights, path=cut)

    async def is_idle(self, loaded: Loaded) -> bool:
        return not any(await busy_slots(loaded.endpoint))


async def busy_slots(endpoint: Endpoint) -> list[bool]:
    """Whether each slot works, by the engine's own word."""
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {endpoint.key}"}) as http:
        slots = (await http.get(f"{endpoint.url}/slots")).json()
    return [slot["is_processing"] for slot in slots]


class TestLlamaCpp(EngineSuite):
    """The suite."""

    @pytest.fixture
    async def place(self, tmp_path: Path) -> LlamaPlace:
        return LlamaPlace(tmp_path)


@pytest.fixture
async def client() -> AsyncIterator[EngineClient]:
    client = EngineClient()
    yield client
    await client.close()


@pytest.fixture
def engine() -> LlamaCppEngine:
    return LlamaCppEngine()


async def test_greedy_answers_equal_those_of_transformers(
    engine: LlamaCppEngine, client: EngineClient, tmp_path: Path
) -> None:
    """40 tokens of each prompt, and the number of its own tokens. The data's README says how the file was made."""
    loaded = await engine.start(gguf(tmp_path), OPTIONS)
    try:
        for known in json.loads((DATA / "greedy.json").read_text()):
            body = say(known["prompt"], max_tokens=40)
            chunks = [chunk async for chunk in streamed(client, loaded.endpoint, CHAT, body)]
            text = "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks if chunk["choices"])
            assert text == known["answer"]
            assert chunks[-1]["usage"]["prompt_tokens"] == known["prompt_tokens"]
    finally:
        await loaded.stop()


async def test_vectors_equal_those_of_sentence_transformers(engine: LlamaCppEngine, client: EngineClient) -> None:
    """Real weights, straight from their folder: the cosine of each is at least 0.999."""
    weights = minilm()
    if weights is None:
        pytest.skip("make dev installs the package that carries real weights")
    known = json.loads((DATA / "minilm.json").read_text())
    loaded = await engine.start(weights, replace(OPTIONS, exact=False))
    try:
        assert engine.refusal(weights) is None
        made = await client.call(loaded.endpoint, "/v1/embeddings", {"input": [one["text"] for one in known]})
        with pytest.raises(PromptTooLong, match="512"):
            await client.call(loaded.endpoint, "/v1/embeddings", {"input": ["weigh " * 1000]})
    finally:
        await loaded.stop()
    for one, row in zip(known, made["data"], strict=True):
        assert cosine(one["vector"], row["embedding"]) >= 0.999


LIVE = """
import json, sys
from sentence_transformers import SentenceTransformer
folder, texts = json.load(sys.stdin)
json.dump(SentenceTransformer(folder, device="cpu").encode(texts, normalize_embeddings=True).tolist(), sys.stdout)
"""


@pytest.mark.slow
@pytest.mark.engines
@pytest.mark.timeout(300)
@pytest.mark.skipif("TEST_SENTENCES" not in os.environ, reason="make test-engines brings it")
async def test_vectors_equal_those_of_sentence_transformers_live(engine: LlamaCppEngine, client: EngineClient) -> None:
    """With texts that no file has."""
    weights = minilm()
    assert weights is not None
    texts = ["A steelyard weighs with one arm.", "Déjà vu at 3.14 %", "", "word " * 200, "the same 鐵 in two scripts"]
    process = await asyncio.create_subprocess_exec(
        os.environ["TEST_SENTENCES"], "-c", LIVE, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    out, _ = await process.communicate(json.dumps([str(weights.path), texts]).encode())
    loaded = await engine.start(weights, replace(OPTIONS, exact=False))
    try:
        made = await client.call(loaded.endpoint, "/v1/embeddings", {"input": texts})
    finally:
        await loaded.stop()
    rows = zip(texts, json.loads(out), made["data"], strict=True)
    near = {text[:20]: cosine(theirs, row["embedding"]) for text, theirs, row in rows}
    assert min(near.values()) >= 0.999, near


def cosine(one: list[float], other: list[float]) -> float:
    product = sum(a * b for a, b in zip(one, other, strict=True))
    return product / math.sqrt(sum(a * a for a in one) * sum(b * b for b in other))


async def test_the_child_asks_for_its_key(engine: LlamaCppEngine, client: EngineClient, tmp_path: Path) -> None:
    """Nobody else on this machine is answered, and no prompt is shown."""
    loaded = await engine.start(gguf(tmp_path), OPTIONS)
    try:
        for key in (None, "guessed"):
            with pytest.raises(EngineFailed):
                await answer(client, replace(loaded.endpoint, key=key), say("let me in"))
        with pytest.raises(EngineFailed):
            await client.get(loaded.endpoint, "/slots")
        shown = [Path(f"/proc/{loaded.pid}/{name}").read_text() for name in ("cmdline", "environ")]
        assert not any(str(loaded.endpoint.key) in text for text in shown)
    finally:
        await loaded.stop()


async def test_a_killed_child_is_seen_and_reaped(engine: LlamaCppEngine, client: EngineClient, tmp_path: Path) -> None:
    """Whoever was being answered gets an error, and no zombie stays."""
    before = children()
    loaded = await engine.start(gguf(tmp_path), OPTIONS)
    stream = streamed(client, loaded.endpoint, CHAT, say("on and on", max_tokens=900))
    await anext(stream)
    os.kill(loaded.pid, signal.SIGKILL)
    with pytest.raises(EngineFailed):
        async for _ in stream:
            pass
    await asyncio.wait_for(loaded.ended(), 10)
    assert not loaded.is_alive
    assert loaded.memory_bytes() is None
    await loaded.stop()
    assert children() == before


async def test_an_invalid_schema_is_refused(engine: LlamaCppEngine, client: EngineClient, tmp_path: Path) -> None:
    """With the engine's words, and it goes on."""
    loaded = await engine.start(gguf(tmp_path), OPTIONS)
    form = {"type": "json_schema", "json_schema": {"schema": {"type": "nonsense"}}}
    try:
        with pytest.raises(RefusedByEngine, match="nonsense") as caught:
            await answer(client, loaded.endpoint, say("hello", response_format=form))
        assert caught.value.hint
        assert await answer(client, loaded.endpoint, say("still there"))
    finally:
        await loaded.stop()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda data: data.replace(b"llama", b"llamo"), "architecture 'llamo'"),
        (lambda data: data[:3000], "cut short"),
        (lambda data: b"no model at all" * 100, "cannot load"),
    ],
    ids=["architecture", "header", "garbage"],
)
async def test_files_that_are_none_are_told(engine: LlamaCppEngine, tmp_path: Path, change: object, word: str) -> None:
    """In words, without a path, with a hint."""
    weights = gguf(tmp_path)
    assert callable(change)
    weights.path.write_bytes(change(weights.path.read_bytes()))
    with pytest.raises(CannotLoad, match=word) as caught:
        await engine.start(weights, OPTIONS)
    assert caught.value.hint
    assert str(tmp_path) not in caught.value.detail


@pytest.mark.parametrize(
    ("template", "word"),
    [("{% for m in messages %}{{ m.content", "Expected }}"), ("{{ raise_exception('no way') }}", "no way")],
)
async def test_a_bad_template_is_told(engine: LlamaCppEngine, tmp_path: Path, template: str, word: str) -> None:
    """What is wrong with it, and a hint; not a failure that another try would mend."""
    weights = replace(gguf(tmp_path), path=write_gguf(tmp_path / "bad.gguf", template=template))
    with pytest.raises(CannotLoad, match="chat template of acme/tiny cannot be used") as caught:
        await engine.start(weights, OPTIONS)
    assert word in caught.value.detail
    assert caught.value.hint


@pytest.mark.parametrize("count", [2001, pytest.param(10_001, marks=pytest.mark.slow)])
async def test_a_chat_of_thousands_of_messages_is_refused(
    engine: LlamaCppEngine, client: EngineClient, tmp_path: Path, count: int
) -> None:
    """With the numbers, and it goes on."""
    loaded = await engine.start(gguf(tmp_path), OPTIONS)
    turns = [{"role": "assistant" if turn % 2 else "user", "content": f"m{turn}"} for turn in range(count)]
    try:
        with pytest.raises(PromptTooLong, match=r"has \d+ tokens and the context 1024"):
            await answer(client, loaded.endpoint, {"messages": turns})
        assert await answer(client, loaded.endpoint, say("still there"))
    finally:
        await loaded.stop()


async def test_no_prompt_stands_in_the_log(engine: LlamaCppEngine, client: EngineClient, tmp_path: Path) -> None:
    """Its last lines are shown to people."""
    loaded = await engine.start(gguf(tmp_path), OPTIONS)
    try:
        await answer(client, loaded.endpoint, say("a very private matter"))
        with pytest.raises(PromptTooLong):
            await answer(client, loaded.endpoint, say("private " * 2000))
        assert loaded.last_lines()
        assert not any("private" in line for line in loaded.last_lines())
    finally:
        await loaded.stop()


async def test_a_context_beyond_all_memory_is_too_large(engine: LlamaCppEngine, tmp_path: Path) -> None:
    """Foreseen, and told when it is tried: nothing hangs, nothing stays."""
    before = children()
    weights = replace(gguf(tmp_path, MIDDLE), context_length=None)
    options = LoadOptions(context=2**22, parallel=4, threads=1)
    assert engine.foresee(weights, options) > 2**38
    with pytest.raises(TooLarge) as caught:
        await engine.start(weights, options)
    assert caught.value.hint
    assert children() == before


async def test_a_model_takes_about_what_was_foreseen(engine: LlamaCppEngine, tmp_path: Path) -> None:
    """The process is never more than half as much again."""
    weights = gguf(tmp_path)
    loaded: RunningChild = await engine.start(weights, OPTIONS)
    try:
        used = loaded.memory_bytes()
        assert used is not None
        assert used < 1.5 * engine.foresee(weights, OPTIONS)
    finally:
        await loaded.stop()


def test_only_gguf_is_taken(engine: LlamaCppEngine) -> None:
    weights = Weights("k", "acme/anvil", Path("model"), "safetensors", 1)
    assert engine.refusal(weights)
    with pytest.raises(EngineMissing, match="llamacpp: it reads GGUF") as caught:
        Engines([engine]).candidates(weights)
    assert caught.value.hint
