"""The asynchronous client: the same calls, retries, pages and watches, awaited."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any

import httpx2
import pytest

import steelyard
from steelyard.client import NotFound, ServerUnreachable
from steelyard.client.retry import Retry

Said = httpx2.Response | Exception


class Depot:
    """A client whose server says these things in this order; ``asked`` and ``naps`` are what it did."""

    def __init__(self, *said: Said, retry: Retry | None = None) -> None:
        self._said = list(said)
        self.asked: list[httpx2.Request] = []
        self.naps: list[float] = []
        self.client = steelyard.AsyncClient(
            "http://depot.test", environ={"STEELYARD_USER": "alice"}, retry=retry, sleep=self._nap,
            transport=httpx2.MockTransport(self._answer),
        )  # fmt: skip

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        said = self._said.pop(0)
        if isinstance(said, Exception):
            raise said
        return said

    async def _nap(self, seconds: float) -> None:
        self.naps.append(seconds)


def stream(jobs: Sequence[dict[str, Any]]) -> httpx2.Response:
    """Events of a job, one chunk each."""

    async def chunks() -> AsyncIterator[bytes]:
        for job in jobs:
            yield f"event: job\ndata: {json.dumps(job)}\n\n".encode()

    return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=chunks())


async def test_a_call_carries_the_name_and_gives_the_answer() -> None:
    depot = Depot(httpx2.Response(202, json={"job_id": "j", "task_id": "t", "model": "gpt2", "status": "queued"}))
    async with depot.client as client:
        answer = await client.pull("gpt2", include=["*.json"])
    assert answer["job_id"] == "j"
    assert depot.asked[0].headers["x-steelyard-user"] == "alice"
    assert json.loads(depot.asked[0].content) == {"model": "gpt2", "include": ["*.json"]}


async def test_reads_are_retried_and_writes_are_not() -> None:
    busy = httpx2.Response(503, json={"title": "t", "detail": "d", "status": 503, "type": "about:blank"})
    fine = httpx2.Response(200, json={"id": "j", "status": "queued"})
    depot = Depot(busy, fine, httpx2.ConnectError("away"), retry=Retry(first_wait=1.0))
    async with depot.client as client:
        assert (await client.jobs.get("j"))["id"] == "j"
        with pytest.raises(ServerUnreachable):
            await client.jobs.cancel("j")
    assert depot.naps == [1.0]
    assert [request.method for request in depot.asked] == ["GET", "GET", "POST"]


async def test_an_error_is_one_of_the_tree() -> None:
    missing = {"type": "urn:steelyard:problem:model-missing", "title": "t", "status": 404, "detail": "d", "hint": "h"}
    depot = Depot(httpx2.Response(404, json=missing, headers={"content-type": "application/problem+json"}))
    async with depot.client as client:
        with pytest.raises(NotFound) as caught:
            await client.models.get("org/name")
    assert (caught.value.slug, caught.value.hint) == ("model-missing", "h")


async def test_pages_are_fetched_as_they_are_used() -> None:
    first = httpx2.Response(200, json={"count": 3, "models": [{"id": "a"}, {"id": "b"}]})
    second = httpx2.Response(200, json={"count": 3, "models": [{"id": "c"}]})
    depot = Depot(first, second)
    async with depot.client as client:
        found = [model["id"] async for model in client.models.iterate(page_size=2)]
    assert found == ["a", "b", "c"]
    assert [request.url.params["offset"] for request in depot.asked] == ["0", "2"]


async def test_a_watch_survives_a_broken_stream() -> None:
    running, done = {"id": "j", "status": "running"}, {"id": "j", "status": "succeeded"}
    depot = Depot(
        httpx2.Response(200, json=running), httpx2.ReadError("cut"), httpx2.Response(200, json=running), stream([done])
    )
    async with depot.client as client:
        states = [job["status"] async for job in client.jobs.watch("j")]
    assert states == ["running", "running", "succeeded"]


async def test_many_calls_at_once_share_the_client() -> None:
    depot = Depot(*(httpx2.Response(200, json={"id": str(number), "status": "queued"}) for number in range(20)))
    async with depot.client as client:
        found = await asyncio.gather(*(client.jobs.get(str(number)) for number in range(20)))
    assert len({job["id"] for job in found}) == 20


class Endless(httpx2.AsyncByteStream):
    """Pieces of an answer for as long as somebody reads them."""

    def __init__(self) -> None:
        self.read, self.is_closed = 0, False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.read += 1
            yield b'data: {"delta": {"content": "on "}, "done": false}\n\n'

    async def aclose(self) -> None:
        self.is_closed = True


async def test_a_streamed_answer_hangs_up_when_it_is_closed() -> None:
    endless = Endless()
    depot = Depot(httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=endless))
    async with depot.client as client:
        async with aclosing(client.chat.stream("m", "hi")) as chunks:
            assert (await anext(chunks))["delta"]["content"] == "on "
        assert (endless.read, endless.is_closed) == (1, True)
