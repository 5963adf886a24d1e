"""Streams that say that they are still there; silence is short here, and nothing is measured by a clock."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

import pytest
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message

from steelyard.core.errors import SteelyardError
from steelyard.http.beating import BeatingResponse
from steelyard.http.closing import ClosingResponse, Last
from steelyard.http.sse import HEARTBEAT

NEVER = 3600.0
SILENCE = 0.005


class Client:
    """``log`` is what came; ``beats`` lets somebody wait for so many comments."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.changed = asyncio.Event()

    async def receive(self) -> Message:
        raise AssertionError("it does not listen")

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kind = dict(message["headers"])[b"content-type"].decode()
            self.log.append(f"{message['status']} {kind}")
        else:
            self.log.append(message["body"].decode() + ("" if message.get("more_body", False) else "."))
        self.changed.set()

    async def beats(self, count: int) -> None:
        while self.log.count(HEARTBEAT) < count:
            self.changed.clear()
            await self.changed.wait()

    async def get(self, begin: Callable[[], Awaitable[ASGIApp]], every: float) -> None:
        response = BeatingResponse(begin, _late, lambda error: JSONResponse(error.detail, error.status), every)
        async with asyncio.timeout(30):
            await response({"type": "http"}, self.receive, self.send)


def _late(error: SteelyardError) -> str:
    return f"late {error.detail}"


def streamed(pieces: AsyncGenerator[str | bytes, None]) -> ASGIApp:
    return ClosingResponse(pieces, media_type="text/event-stream")


async def two(between: Callable[[], Awaitable[None]] | None = None) -> AsyncGenerator[str | bytes, None]:
    yield "one"
    if between is not None:
        await between()
    yield Last(b"two")


@pytest.fixture
async def client() -> Client:
    return Client()


async def test_a_quick_answer_is_as_it_was(client: Client) -> None:
    async def begin() -> ASGIApp:
        return streamed(two())

    await client.get(begin, NEVER)
    assert client.log == ["200 text/event-stream; charset=utf-8", "one", "two."]


async def test_a_quick_refusal_has_its_status(client: Client) -> None:
    async def begin() -> ASGIApp:
        raise SteelyardError("broken")

    await client.get(begin, NEVER)
    assert client.log == ["500 application/json", '"broken".']


async def test_a_slow_beginning_is_told_and_its_head_is_sent_once(client: Client) -> None:
    async def begin() -> ASGIApp:
        await client.beats(3)
        return streamed(two())

    await client.get(begin, SILENCE)
    assert client.log[:4] == ["200 text/event-stream; charset=utf-8", *[HEARTBEAT] * 3]
    assert [line for line in client.log[4:] if line != HEARTBEAT] == ["one", "two."]
    assert client.log[-1] == "two."


async def test_a_late_refusal_is_the_last_event(client: Client) -> None:
    async def begin() -> ASGIApp:
        await client.beats(2)
        raise SteelyardError("broken")

    await client.get(begin, SILENCE)
    assert (client.log[0], client.log[-1]) == ("200 text/event-stream; charset=utf-8", "late broken.")
    assert set(client.log[1:-1]) == {HEARTBEAT}


async def test_silence_in_between_is_told_too_and_never_after_the_end(client: Client) -> None:
    async def begin() -> ASGIApp:
        return streamed(two(lambda: client.beats(2)))

    await client.get(begin, SILENCE)
    assert client.log[1] == "one"
    assert client.log.count(HEARTBEAT) >= 2
    ended = len(client.log)
    await asyncio.sleep(4 * SILENCE)
    assert (len(client.log), client.log[-1]) == (ended, "two.")


async def test_a_client_that_left_is_not_told_again(client: Client) -> None:
    async def gone(_message: Message) -> None:
        client.changed.set()
        raise OSError

    async def begin() -> ASGIApp:
        await client.changed.wait()
        raise SteelyardError("the client left")

    response = BeatingResponse(begin, _late, every=SILENCE)
    with pytest.raises(OSError, match=r"^$"):
        await response({"type": "http"}, client.receive, gone)
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
