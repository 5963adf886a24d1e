"""What every ``Engine`` must do. Subclass it in a test module and hand in a ``Workplace``: the engine, a model for it,
and a look at whether it works. Needs pytest with pytest-asyncio in auto mode."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import pytest

from steelyard.engines.errors import CannotLoad, EngineUnreachable, PromptTooLong, RefusedByEngine
from steelyard.engines.models import Endpoint, LoadOptions, Weights
from steelyard.engines.protocol import Engine, Loaded
from steelyard.engines.wire import EngineClient

CHAT = "/v1/chat/completions"
OPTIONS = LoadOptions(context=1024, parallel=2, threads=1, exact=True)
_LONG = 20.0  # seconds until a test gives up


class Workplace(Protocol):
    """The engine as the suite sees it."""

    @property
    def engine(self) -> Engine:
        """The engine under test."""

    @property
    def weights(self) -> Weights:
        """A model that it can run."""

    @property
    def broken(self) -> Weights:
        """One that it accepts and cannot load."""

    async def is_idle(self, loaded: Loaded) -> bool:
        """Whether a loaded model calculates nothing now."""


def say(text: str, **more: Any) -> dict[str, Any]:
    """A request with one message, answered the same each time."""
    return {"messages": [{"role": "user", "content": text}], "temperature": 0, "max_tokens": 24, **more}


async def answer(client: EngineClient, endpoint: Endpoint, body: Mapping[str, Any]) -> str:
    """The whole text of an answer."""
    chunks = [chunk async for chunk in streamed(client, endpoint, CHAT, body)]
    return "".join(text_of(chunk) for chunk in chunks)


def text_of(chunk: Mapping[str, Any]) -> str:
    """What a chunk adds to the text."""
    choices = chunk["choices"]
    return (choices[0]["delta"].get("content") or "") if choices else ""


def reason_of(chunk: Mapping[str, Any]) -> str | None:
    """Why the answer ends, in the chunk that says it."""
    choices = chunk["choices"]
    return choices[0].get("finish_reason") if choices else None


def children() -> set[str]:
    """The processes that this one has started and that still are, zombies too."""
    return {pid for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text().split()}


class EngineSuite:
    """Loading, answering, refusing, stopping."""

    @pytest.fixture
    async def place(self) -> Workplace:
        """A workplace; give one in the subclass."""
        raise NotImplementedError("give the suite a 'place' fixture in your subclass")

    @pytest.fixture
    async def client(self) -> AsyncIterator[EngineClient]:
        """Connections."""
        client = EngineClient()
        yield client
        await client.close()

    @pytest.fixture
    async def loaded(self, place: Workplace) -> AsyncIterator[Loaded]:
        """The model in memory."""
        loaded = await place.engine.start(place.weights, OPTIONS)
        yield loaded
        await loaded.stop()

    async def test_it_is_there_and_takes_the_model(self, place: Workplace) -> None:
        """And foresees what it will take."""
        assert place.engine.availability().usable
        assert place.engine.refusal(place.weights) is None
        assert place.engine.foresee(place.weights, OPTIONS) >= 0

    async def test_nothing_is_foreseen_only_for_what_runs_elsewhere(self, place: Workplace, loaded: Loaded) -> None:
        """Whoever says that a model takes no memory here keeps to it, for any context."""
        more = replace(OPTIONS, context=4 * OPTIONS.context)
        if place.engine.foresee(place.weights, OPTIONS) == 0:
            assert place.engine.foresee(place.weights, more) == 0
            assert not loaded.memory_bytes()

    async def test_more_context_never_takes_less(self, place: Workplace) -> None:
        """As foreseen."""
        more = replace(OPTIONS, context=4 * OPTIONS.context)
        assert place.engine.foresee(place.weights, more) >= place.engine.foresee(place.weights, OPTIONS)

    async def test_an_answer_comes_in_pieces_and_ends(self, client: EngineClient, loaded: Loaded) -> None:
        """With the reason for its end in one of them, and the counted tokens."""
        chunks = [chunk async for chunk in streamed(client, loaded.endpoint, CHAT, say("weigh this for me please"))]
        reasons = {reason for chunk in chunks if (reason := reason_of(chunk))}
        assert len([chunk for chunk in chunks if text_of(chunk)]) > 1
        assert len(reasons) == 1
        assert reasons <= {"stop", "length"}
        usage = next(chunk["usage"] for chunk in reversed(chunks) if chunk.get("usage"))
        assert usage["prompt_tokens"] > 0
        assert usage["completion_tokens"] > 0

    async def test_the_same_question_has_the_same_answer(self, client: EngineClient, loaded: Loaded) -> None:
        """Without chance, and whether alone or not."""
        first = await answer(client, loaded.endpoint, say("a bell and a pear"))
        both = await asyncio.gather(*(answer(client, loaded.endpoint, say("a bell and a pear")) for _ in range(2)))
        assert first
        assert list(both) == [first, first]

    async def test_a_bound_on_tokens_cuts_the_answer(self, client: EngineClient, loaded: Loaded) -> None:
        """And says so."""
        body = say("one two three four five", max_tokens=2)
        chunks = [chunk async for chunk in streamed(client, loaded.endpoint, CHAT, body)]
        assert [reason for chunk in chunks if (reason := reason_of(chunk))] == ["length"]

    async def test_closing_an_answer_stops_the_work(
        self, place: Workplace, client: EngineClient, loaded: Loaded
    ) -> None:
        """And the next question is answered."""
        stream = streamed(client, loaded.endpoint, CHAT, say("on and on " * 40, max_tokens=900))
        await anext(stream)
        await stream.aclose()
        await until_idle(place, loaded)
        assert await answer(client, loaded.endpoint, say("still there"))

    async def test_too_long_a_prompt_is_refused(self, client: EngineClient, loaded: Loaded) -> None:
        """With a hint, and the model goes on answering."""
        with pytest.raises(PromptTooLong) as caught:
            await answer(client, loaded.endpoint, say("long " * 3000))
        assert caught.value.hint
        assert await answer(client, loaded.endpoint, say("still there"))

    async def test_nonsense_is_refused(self, client: EngineClient, loaded: Loaded) -> None:
        """With a hint, and the model goes on answering."""
        with pytest.raises(RefusedByEngine) as caught:
            await answer(client, loaded.endpoint, {"messages": "nonsense"})
        assert caught.value.hint
        assert await answer(client, loaded.endpoint, say("still there"))

    async def test_what_cannot_be_loaded_is_told(self, place: Workplace) -> None:
        """With a hint, without a path of this machine, and nothing stays."""
        before = children()
        with pytest.raises(CannotLoad) as caught:
            await place.engine.start(place.broken, OPTIONS)
        assert caught.value.hint
        assert str(place.broken.path) not in caught.value.detail
        assert children() == before

    async def test_a_stopped_model_is_gone(self, place: Workplace, client: EngineClient) -> None:
        """Its process and its port too; stopping it again does nothing."""
        before = children()
        loaded = await place.engine.start(place.weights, OPTIONS)
        was_alive = loaded.is_alive
        await loaded.stop()
        await loaded.stop()
        assert (was_alive, loaded.is_alive) == (True, False)
        assert children() == before
        with pytest.raises(EngineUnreachable):
            await answer(client, loaded.endpoint, say("anybody there"))

    async def test_a_start_that_is_given_up_leaves_nothing(self, place: Workplace) -> None:
        """Whenever that is."""
        before = children()
        for milliseconds in (0, 1, 10, 40):
            start = asyncio.create_task(place.engine.start(place.weights, OPTIONS))
            for _ in range(milliseconds):
                await asyncio.sleep(0.001)
            start.cancel()
            if isinstance(done := (await asyncio.gather(start, return_exceptions=True))[0], BaseException):
                assert isinstance(done, asyncio.CancelledError)
            else:
                await done.stop()
            assert children() == before


async def until_idle(place: Workplace, loaded: Loaded) -> None:
    """Return when the model does nothing any more; fails when that never comes."""
    async with asyncio.timeout(_LONG):
        while not await place.is_idle(loaded):  # noqa: ASYNC110 - another process is looked at
            await asyncio.sleep(0.02)


async def streamed(
    client: EngineClient, endpoint: Endpoint, path: str, body: Mapping[str, Any]
) -> AsyncGenerator[dict[str, Any], None]:
    """The chunks of an answer one by one, however they came together."""
    async with aclosing(client.batches(endpoint, path, body)) as batches:
        async for batch in batches:
            for chunk in batch:
                yield chunk


async def until(condition: Callable[[], bool]) -> None:
    """Return when it holds; fails when that never comes. For what another process or a server does."""
    async with asyncio.timeout(_LONG):
        while not condition():  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.005)
