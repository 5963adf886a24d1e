"""The engine without a model."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from steelyard.engines.echo.behaviour import Behaviour
from steelyard.engines.echo.engine import EchoEngine, LoadedEcho
from steelyard.engines.errors import CannotLoad, EngineFailed
from steelyard.engines.models import LoadOptions, Weights
from steelyard.engines.protocol import Loaded
from steelyard.engines.wire import EngineClient
from steelyard.testing.engine_suite import CHAT, OPTIONS, EngineSuite, answer, say, streamed, text_of, until

WEIGHTS = Weights("k", "acme/echo", Path("nowhere"), "gguf", 1000)
BROKEN = Weights("b", "acme/broken", Path("/nowhere/broken"), "gguf", 1000)


class Fussy(EchoEngine):
    """An echo that cannot load one model."""

    async def start(self, weights: Weights, options: LoadOptions) -> LoadedEcho:
        if weights is BROKEN:
            raise CannotLoad("acme/broken cannot be loaded.", hint="Take another.")
        return await super().start(weights, options)


class EchoPlace:
    """The engine counts what it works on."""

    weights = WEIGHTS
    broken = BROKEN

    def __init__(self) -> None:
        self.engine = Fussy(Behaviour(context=OPTIONS.context))

    async def is_idle(self, loaded: Loaded) -> bool:
        return self.engine.tally.running == 0


class TestEcho(EngineSuite):
    """The suite."""

    @pytest.fixture
    async def place(self) -> EchoPlace:
        return EchoPlace()


@pytest.fixture
async def client() -> AsyncIterator[EngineClient]:
    client = EngineClient()
    yield client
    await client.close()


@pytest.fixture
def engine() -> EchoEngine:
    return EchoEngine()


@pytest.fixture
async def loaded(engine: EchoEngine) -> AsyncIterator[LoadedEcho]:
    loaded = await engine.start(WEIGHTS, OPTIONS)
    yield loaded
    await loaded.stop()


async def test_it_says_again_what_it_was_told(client: EngineClient, loaded: LoadedEcho) -> None:
    assert await answer(client, loaded.endpoint, say("weigh this please")) == "weigh this please"


async def test_it_answers_in_json_when_asked_to(client: EngineClient, loaded: LoadedEcho) -> None:
    body = say("weigh this", response_format={"type": "json_object"})
    assert await answer(client, loaded.endpoint, body) == '{"echo": "weigh this"}'


async def test_a_prompt_is_gone_on_with(client: EngineClient, loaded: LoadedEcho) -> None:
    chunks = [chunk async for chunk in streamed(client, loaded.endpoint, "/v1/completions", {"prompt": "one two"})]
    assert "".join(chunk["choices"][0]["text"] for chunk in chunks if chunk["choices"]) == "one two"


async def test_vectors_are_of_length_one_and_the_same_for_the_same_text(
    client: EngineClient, loaded: LoadedEcho
) -> None:
    made = await client.call(loaded.endpoint, "/v1/embeddings", {"input": ["a", "b", "a"]})
    first, second, third = (row["embedding"] for row in made["data"])
    assert first == third != second
    assert sum(number * number for number in first) == pytest.approx(1)


@pytest.mark.parametrize("behaviour", [Behaviour(break_after=1), Behaviour(error_after=1)])
async def test_it_breaks_off_when_told_to(
    engine: EchoEngine, client: EngineClient, loaded: LoadedEcho, behaviour: Behaviour
) -> None:
    """After the first word, and works again afterwards."""
    engine.behaviour = behaviour
    stream = streamed(client, loaded.endpoint, CHAT, say("one two three"))
    assert text_of(await anext(stream)) == "one "
    with pytest.raises(EngineFailed):
        await anext(stream)
    engine.behaviour = Behaviour()
    assert await answer(client, loaded.endpoint, say("again")) == "again"


async def test_a_crash_fails_what_is_under_way(engine: EchoEngine, client: EngineClient, loaded: LoadedEcho) -> None:
    engine.behaviour = Behaviour(endless=True, token_seconds=0.01)
    stream = streamed(client, loaded.endpoint, CHAT, say("on and on", max_tokens=None))
    await anext(stream)
    await loaded.crash()
    with pytest.raises(EngineFailed):
        async for _ in stream:
            pass
    await loaded.ended()
    assert not loaded.is_alive
    assert engine.tally.running == 0


async def test_a_gate_holds_answers_back(engine: EchoEngine, client: EngineClient, loaded: LoadedEcho) -> None:
    """And who leaves before it opens is not answered."""
    gate = asyncio.Event()
    engine.behaviour = Behaviour(gate=gate)
    asked = [asyncio.create_task(answer(client, loaded.endpoint, say("wait"))) for _ in range(2)]
    await until(lambda: engine.tally.running == 2)
    asked[0].cancel()
    await until(lambda: engine.tally.running == 1)
    gate.set()
    assert await asked[1] == "wait"
    assert (engine.tally.begun, engine.tally.finished) == (2, 1)


async def test_a_load_fails_when_told_to(engine: EchoEngine) -> None:
    engine.behaviour = Behaviour(load_error=EngineFailed("told to"))
    with pytest.raises(EngineFailed, match="told to"):
        await engine.start(WEIGHTS, OPTIONS)
    assert engine.loaded == []
