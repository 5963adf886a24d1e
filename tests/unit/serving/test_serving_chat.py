"""One answer: pieces, time limit, early end, errors, and what is told."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Generic, TypeVar

import pytest

from steelyard.core.errors import SteelyardError
from steelyard.engines.errors import EngineFailed, PromptTooLong
from steelyard.engines.models import Endpoint, LoadOptions
from steelyard.http.transfer import ClientLeft as HungUp
from steelyard.serving.bodies import PLAIN
from steelyard.serving.bound import MOST_TEXT
from steelyard.serving.chat import Generation, Wire
from steelyard.serving.deadline import Deadline
from steelyard.serving.errors import ClientLeft, TimedOut
from steelyard.serving.lease import Lease
from steelyard.serving.models import ChatAsk, Ending, Sampling, Usage
from steelyard.testing.clock import HandClock, eventually
from tests.unit.serving.hand import HandWire, Visit, chunk, weights

W = TypeVar("W", bound=Wire)
ASK = ChatAsk("a", [{"role": "user", "content": "hello"}])
CHUNKS = [
    chunk("one "), chunk("two"), chunk(finish="stop"),
    {
        "choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2},
        "timings": {"prompt_ms": 1.5, "predicted_ms": 2.5},
    },
]  # fmt: skip


class Table(Generic[W]):
    """A generation and all that it touches."""

    def __init__(
        self, wire: W, ask: ChatAsk = ASK, *, seconds: float = 60.0, has_template: bool = True,
        extras: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        self.clock = HandClock()
        self.wire = wire
        self.released = 0
        self.distrusted = False
        self.told: list[tuple[Ending, SteelyardError | None]] = []
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.deadline = Deadline(seconds, self.clock)
        self.visit = Visit()
        self.deadline.watch(self.visit.request)
        lease = Lease(
            Endpoint("http://127.0.0.1:9", "served", extras=extras or {}), "hand",
            weights(has_template=has_template), LoadOptions(), ("first: no",), 1.0, 2.0, self.failed, self._release,
            self._distrust,
        )  # fmt: skip
        self.generation = Generation(wire, ask, lease, self.deadline, lambda *told: self.told.append(told))

    def _release(self) -> None:
        self.released += 1

    def _distrust(self) -> None:
        self.distrusted = True

    @property
    def codes(self) -> list[str | None]:
        return [None if error is None else error.slug for _, error in self.told]

    async def text(self) -> str:
        return "".join([piece.content async for piece in self.generation.pieces()])


async def test_pieces_and_their_ending() -> None:
    table = Table(HandWire(CHUNKS))
    pieces = table.generation.pieces()
    assert (await anext(pieces)).content == "one "
    table.clock.forward(seconds=2)
    assert [piece.content async for piece in pieces] == ["two"]
    ending = table.generation.ending
    assert (ending.finish, ending.usage, ending.engine, ending.model) == ("stop", Usage(5, 2), "hand", "a")
    assert (ending.notes, ending.timings.queue_ms, ending.timings.load_ms) == (("first: no",), 1.0, 2.0)
    assert (ending.timings.first_token_ms, ending.timings.total_ms) == (0.0, 2000.0)
    assert (ending.timings.prompt_ms, ending.timings.answer_ms) == (1.5, 2.5)
    await table.generation.close()
    await table.generation.close()
    assert [(told.finish, error) for told, error in table.told] == [("stop", None)]
    assert (table.wire.open, table.released > 0) == (0, True)


async def test_what_the_engine_is_asked() -> None:
    table = Table(HandWire(CHUNKS), ChatAsk("a", ASK.messages, sampling=Sampling(temperature=0.0, stop=("x",))))
    await table.text()
    ((path, body),) = table.wire.asked
    assert path == "/v1/chat/completions"
    assert body == {
        "model": "served", "messages": [{"role": "user", "content": "hello"}], "stream": True,
        "stream_options": {"include_usage": True}, "temperature": 0.0, "stop": ["x"],
    }  # fmt: skip
    await table.generation.close()


async def test_a_model_without_a_template_gets_a_plain_one_and_the_answer_says_so() -> None:
    ask = ChatAsk("a", [{"role": "system", "content": "be kind"}, {"role": "user", "content": "hello"}])
    table = Table(HandWire([{"choices": [{"text": "hi", "finish_reason": "stop"}]}]), ask, has_template=False)
    assert await table.text() == "hi"
    ((path, body),) = table.wire.asked
    assert (path, body["prompt"]) == ("/v1/completions", "system: be kind\nuser: hello\nassistant:")
    assert "\nuser:" in body["stop"]
    assert table.generation.ending.notes[-1] == PLAIN
    await table.generation.close()


@pytest.mark.parametrize(("keep_alive", "finish"), [(None, "load"), (5.0, "load"), (-1.0, "load"), (0.0, "unload")])
async def test_nothing_asked_generates_nothing(keep_alive: float | None, finish: str) -> None:
    table = Table(HandWire(CHUNKS), ChatAsk("a", keep_alive=keep_alive))
    assert await table.text() == ""
    assert (table.generation.ending.finish, table.generation.ending.usage) == (finish, Usage(0, 0))
    assert table.wire.asked == []
    await table.generation.close()


async def test_time_out_in_prefill() -> None:
    table = Table(HandWire(CHUNKS, gate=asyncio.Event()), seconds=0.02)
    with pytest.raises(TimedOut, match=r"within 0\.02 s"):
        await table.text()
    assert table.wire.open == 0
    await table.generation.close()
    assert [error.slug for _, error in table.told if error] == ["generation-timeout"]


async def test_the_limit_strikes_the_wait_for_the_engine_and_gives_a_slow_reader_what_is_there() -> None:
    table = Table(HandWire(CHUNKS), seconds=0.05)
    pieces = table.generation.pieces()
    await anext(pieces)
    await asyncio.sleep(0.1)
    assert (await anext(pieces)).content == "two"
    await table.generation.close()


async def test_a_reader_that_reads_no_more_keeps_no_model_busy() -> None:
    table = Table(HandWire(CHUNKS), seconds=0.02)
    pieces = table.generation.pieces()
    await anext(pieces)
    await eventually(lambda: table.released == 1)
    assert table.wire.open == 0
    assert [error.slug for _, error in table.told if error] == ["generation-timeout"]
    with pytest.raises(TimedOut):
        await anext(pieces)
    await table.generation.close()
    assert len(table.told) == 1


@pytest.mark.parametrize(("extras", "held", "is_silent"), [
    ({"return_progress": True}, 21, True), ({"return_progress": True}, 19, False), ({}, 119, False), ({}, 121, True),
])  # fmt: skip
async def test_an_engine_that_says_nothing_at_all_is_not_trusted_any_more(
    extras: dict[str, Any], held: float, is_silent: bool
) -> None:
    table = Table(HandWire(CHUNKS, gate=asyncio.Event()), seconds=600.0, extras=extras)
    asking = asyncio.create_task(table.text())
    await eventually(lambda: table.wire.open == 1)
    table.clock.forward(seconds=held)
    table.visit.leave()
    with pytest.raises(ClientLeft):
        await asking
    await table.generation.close()
    assert table.distrusted == is_silent


async def test_time_that_has_passed_before_counts() -> None:
    table = Table(HandWire(CHUNKS, gate=asyncio.Event()), seconds=600.0)
    table.clock.forward(seconds=600)
    with pytest.raises(TimedOut):
        await table.text()
    await table.generation.close()


async def test_a_client_that_leaves_in_prefill_stops_it() -> None:
    table = Table(HandWire(CHUNKS, gate=asyncio.Event()))
    asking = asyncio.create_task(table.text())
    await eventually(lambda: table.wire.open == 1)
    table.visit.leave()
    with pytest.raises(ClientLeft):
        await asking
    assert table.wire.open == 0
    await table.generation.close()
    assert [error.slug for _, error in table.told if error] == ["client-left"]


async def test_a_client_that_leaves_between_two_pieces_stops_it() -> None:
    table = Table(HandWire(CHUNKS))
    pieces = table.generation.pieces()
    await anext(pieces)
    table.visit.leave()
    await eventually(lambda: table.deadline.left == 0.0)
    table.wire.gate = asyncio.Event()
    with pytest.raises(ClientLeft):
        await anext(pieces)
    await table.generation.close()
    assert (table.wire.open, len(table.told)) == (0, 1)


async def test_closing_early_stops_it_and_tells_it_once() -> None:
    table = Table(HandWire(CHUNKS))
    await anext(table.generation.pieces())
    assert table.wire.open == 1
    await table.generation.close()
    assert (table.wire.open, table.released) == (0, 1)
    assert [error.slug for _, error in table.told if error] == ["client-left"], "no answer that was complete"


async def test_closing_what_nobody_read_tells_it_too() -> None:
    table = Table(HandWire(CHUNKS))
    await table.generation.close()
    assert (table.wire.asked, table.released, len(table.told)) == ([], 1, 1)


@pytest.mark.parametrize("error", [PromptTooLong("long"), EngineFailed("broke off")])
async def test_errors_of_the_engine_are_raised_and_told(error: SteelyardError) -> None:
    table = Table(HandWire(CHUNKS[:1], error))
    with pytest.raises(type(error)):
        await table.text()
    await table.generation.close()
    assert [told for _, told in table.told] == [error]


async def test_a_connection_that_broke_because_the_engine_died_says_why() -> None:
    table = Table(HandWire(CHUNKS[:1], EngineFailed("broke off")))
    table.failed.set_exception(EngineFailed("out of memory"))
    with pytest.raises(EngineFailed, match="out of memory"):
        await table.text()
    await table.generation.close()


async def test_reasoning_tool_calls_and_pieces_that_nobody_counted() -> None:
    call = {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}
    chunks: list[dict[str, Any]] = [
        {"choices": [{"delta": {"reasoning_content": "hm"}}]}, {"choices": [{"delta": {"tool_calls": [call]}}]},
        chunk(finish="tool_calls"),
    ]  # fmt: skip
    table = Table(HandWire(chunks))
    pieces = [piece async for piece in table.generation.pieces()]
    assert [(piece.reasoning, list(piece.tool_calls)) for piece in pieces] == [("hm", []), ("", [call])]
    assert (table.generation.ending.finish, table.generation.ending.usage) == ("tool_calls", Usage(0, 2))
    await table.generation.close()


class Broken:
    """A wire that raises after its first piece; with nothing to raise it waits."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    async def batches(
        self, _endpoint: Endpoint, _path: str, _body: Mapping[str, Any]
    ) -> AsyncGenerator[Sequence[Mapping[str, Any]], None]:
        yield [chunk("one")]
        if self.error is not None:
            raise self.error
        await asyncio.Event().wait()

    async def call(self, _endpoint: Endpoint, _path: str, _body: Mapping[str, Any]) -> Mapping[str, Any]:
        raise NotImplementedError


async def test_an_error_that_nobody_foresaw_is_told_as_one() -> None:
    table = Table(Broken(RuntimeError("x")))
    with pytest.raises(RuntimeError):
        await table.text()
    await table.generation.close()
    assert table.codes == ["internal-error"]


@pytest.mark.parametrize("waits_for_engine", [True, False])
async def test_an_answer_that_is_cancelled_was_not_left_by_its_client(waits_for_engine: bool) -> None:
    table, begun = Table(Broken()), asyncio.Event()

    async def read() -> None:
        try:
            async for _ in table.generation.pieces():
                begun.set()
                if not waits_for_engine:
                    await asyncio.Event().wait()  # for the client, say
        finally:
            await table.generation.close()

    reading = asyncio.create_task(read())
    await begun.wait()
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert table.codes == ["stopping"]


@pytest.mark.parametrize(("raised", "code"), [
    (RuntimeError("x"), "internal-error"), (EngineFailed("bad arguments"), "engine-failed"), (HungUp(), None),
])  # fmt: skip
async def test_a_whole_answer_that_never_got_out_is_no_success(raised: Exception, code: str | None) -> None:
    table = Table(HandWire(CHUNKS))

    async def answer() -> None:
        try:
            await table.text()
            raise raised
        finally:
            await table.generation.close()

    with pytest.raises(type(raised)):
        await answer()
    assert table.codes == [code]


async def test_an_answer_without_an_end_is_stopped() -> None:
    calls = [{"index": 0, "function": {"arguments": "x" * (MOST_TEXT // 8)}}]
    batch = [{"choices": [{"delta": {"content": "a" * (MOST_TEXT // 8), "tool_calls": calls}}]}] * 4
    table = Table(HandWire(batch))
    with pytest.raises(EngineFailed, match="no end"):
        await table.text()
    assert table.wire.open == 0
    await table.generation.close()
    assert table.codes == ["engine-failed"]
