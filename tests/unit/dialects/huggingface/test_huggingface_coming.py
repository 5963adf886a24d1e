"""Answers about files that come in: their start, their bytes, and what the client hears when it goes wrong."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message

from steelyard.catalog.models import File, FileState
from steelyard.core.errors import SteelyardError
from steelyard.dialects.huggingface.coming import ComingAnswer, PassedAnswer
from steelyard.downloads.arrivals import Arrivals
from steelyard.downloads.mirror.errors import FetchStopped
from steelyard.downloads.mirror.stream import AHEAD, HELD_BACK, Incoming
from steelyard.http.ranges import ByteRange, parse_range
from steelyard.sources.errors import UpstreamUnavailable
from steelyard.testing.clock import HandClock, eventually
from steelyard.testing.source import digest_of

SIZE = HELD_BACK + 1000
CONTENT = bytes(index * 7 % 251 for index in range(SIZE))
FILE = File("weights.bin", SIZE, digest_of(CONTENT), FileState.LISTED)
HEADERS = [("X-Repo-Commit", "c" * 40), ("ETag", '"e"')]


class Client:
    """What one client is sent. It leaves when ``left`` is set."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.left = asyncio.Event()

    async def receive(self) -> Message:
        """It asked for all it wants."""
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """It is sent something."""
        self.sent.append(message)

    @property
    def status(self) -> int | None:
        """What the answer began with; None before."""
        return self.sent[0]["status"] if self.sent else None

    @property
    def headers(self) -> dict[str, str]:
        """Those of the answer, by lower-case name."""
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def body(self) -> bytes:
        """What it has until now."""
        return b"".join(message["body"] for message in self.sent[1:])

    @property
    def is_whole(self) -> bool:
        """Whether the answer came to its end."""
        return len(self.sent) > 1 and not self.sent[-1].get("more_body", False)


class Depot:
    """A file that comes in by hand, and a hub that passes things through."""

    def __init__(self, folder: Path, clock: HandClock) -> None:
        self.part = folder / "part"
        self.arrivals = Arrivals()
        self.passed: list[tuple[int, int]] = []
        self.ends_with: SteelyardError | None = None
        self.chunks: list[bytes | SteelyardError] = []
        self.stream: Incoming | None = None
        self.is_doubted = False
        self._clock = clock

    def write(self, count: int) -> None:
        """So many bytes are here now."""
        self.part.write_bytes(CONTENT[:count])
        self.arrivals.moved(FILE.digest)

    def seal(self) -> None:
        """All is here, and right."""
        with self.part.open("ab") as part:
            part.write(CONTENT[part.tell() :])
        self.part.chmod(0o444)
        self.arrivals.moved(FILE.digest)

    def answer(self, asked: str | None = None, file: File = FILE) -> ComingAnswer:
        """The answer to a GET with that range."""
        self.stream = Incoming(file, self.part, self._published, self._check, self._clock)
        part = parse_range(asked, file.size)
        return ComingAnswer(
            file, part, self.stream, self.arrivals, self.pass_through, refuse, HEADERS, None, self._is_doubted
        )

    @asynccontextmanager
    async def pass_through(self, start: int, stop: int) -> AsyncIterator[AsyncIterator[bytes]]:
        """Straight from the hub: ``chunks``, of which an error is raised."""
        self.passed.append((start, stop))
        if self.chunks and isinstance(self.chunks[0], SteelyardError):
            raise self.chunks[0]
        yield self._pieces()

    async def _pieces(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            await asyncio.sleep(0)
            if isinstance(chunk, SteelyardError):
                raise chunk
            yield chunk

    async def _published(self) -> Path | None:
        return None

    async def _is_doubted(self) -> bool:
        return self.is_doubted

    async def _check(self) -> None:
        if self.ends_with is not None:
            raise self.ends_with


def refuse(error: SteelyardError) -> Response:
    """An error in some shape."""
    return PlainTextResponse(error.slug, error.status)


@pytest.fixture
def depot(tmp_path: Path, clock: HandClock) -> Iterator[Depot]:
    """Nothing has come in."""
    depot = Depot(tmp_path, clock)
    yield depot
    if depot.stream is not None:
        depot.stream.close()


@asynccontextmanager
async def answering(answer: Response, client: Client) -> AsyncIterator["asyncio.Task[None]"]:
    """The answer is on its way."""
    scope: dict[str, Any] = {"type": "http", "method": "GET", "headers": [], "path": "/", "state": {}}
    task = asyncio.create_task(answer(scope, client.receive, client.send))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_the_whole_file_is_sent_as_it_comes(depot: Depot) -> None:
    client = Client()
    async with answering(depot.answer(), client) as answer:
        depot.write(300)
        await eventually(lambda: client.body == CONTENT[:300])
        assert not client.is_whole
        depot.seal()
        await answer
    assert (client.status, client.body, client.is_whole) == (200, CONTENT, True)
    assert client.headers == {"x-repo-commit": "c" * 40, "etag": '"e"', "content-length": str(SIZE)}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("bytes=10-", (10, SIZE)), (f"bytes=0-{SIZE - 1}", (0, SIZE)), ("bytes=-5", (SIZE - 5, SIZE))],
)
async def test_a_part_of_it(depot: Depot, asked: str, expected: tuple[int, int]) -> None:
    client, (start, stop) = Client(), expected
    async with answering(depot.answer(asked), client) as answer:
        depot.seal()
        await answer
    assert (client.status, client.body, client.is_whole) == (206, CONTENT[start:stop], True)
    assert client.headers["content-range"] == f"bytes {start}-{stop - 1}/{SIZE}"
    assert client.headers["content-length"] == str(stop - start)


async def test_a_part_before_the_held_back_end_ends_at_once(depot: Depot) -> None:
    client = Client()
    depot.write(500)
    async with answering(depot.answer("bytes=100-400"), client) as answer:
        await answer
    assert (client.body, client.is_whole) == (CONTENT[100:401], True)


async def test_an_empty_file(depot: Depot) -> None:
    client = Client()
    async with answering(depot.answer(file=File("empty", 0, digest_of(b""), FileState.LISTED)), client) as answer:
        await answer
    assert (client.status, client.body, client.is_whole) == (200, b"", True)


async def test_what_goes_wrong_before_the_first_byte_is_told(depot: Depot, clock: HandClock) -> None:
    client = Client()
    async with answering(depot.answer(), client) as answer:
        depot.ends_with = FetchStopped("The job was cancelled.")
        clock.forward(seconds=1)
        await answer
    assert (client.status, client.body, client.is_whole) == (503, b"fetch-stopped", True)


async def test_what_goes_wrong_later_cuts_the_connection(depot: Depot, clock: HandClock) -> None:
    client = Client()
    async with answering(depot.answer(), client) as answer:
        depot.write(300)
        await eventually(lambda: client.body == CONTENT[:300])
        depot.ends_with = FetchStopped("The job was cancelled.")
        clock.forward(seconds=1)
        await answer
    assert (client.status, client.body, client.is_whole) == (200, CONTENT[:300], False)


async def test_a_file_that_was_wrong_cuts_the_connection(depot: Depot) -> None:
    client = Client()
    async with answering(depot.answer(), client) as answer:
        depot.write(300)
        await eventually(lambda: client.body == CONTENT[:300])
        depot.part.unlink()
        await answer
    assert (client.body, client.is_whole) == (CONTENT[:300], False)


async def test_far_ahead_of_the_fetch_it_is_passed_through(depot: Depot) -> None:
    client, huge = Client(), File("huge.bin", 4 * AHEAD, FILE.digest, FileState.LISTED)
    depot.write(1000)
    depot.chunks = [b"ab", b"cde"]
    asked = f"bytes={AHEAD + 1001}-{AHEAD + 1005}"
    async with answering(depot.answer(asked, huge), client) as answer:
        await answer
    assert depot.passed == [(AHEAD + 1001, AHEAD + 1006)]
    assert (client.status, client.body, client.is_whole) == (206, b"abcde", True)
    assert client.headers["content-range"] == f"{asked.replace('=', ' ')}/{4 * AHEAD}"


async def test_the_end_of_what_may_run_code_is_never_passed_through(depot: Depot, clock: HandClock) -> None:
    client, huge = Client(), File("huge.bin", 4 * AHEAD, FILE.digest, FileState.LISTED)
    depot.write(1000)
    depot.chunks, depot.ends_with = [b"ab"], FetchStopped("It is held back.")
    async with answering(depot.answer(f"bytes={4 * AHEAD - 2}-{4 * AHEAD - 1}", huge), client) as answer:
        clock.forward(seconds=1)
        await answer
    assert (depot.passed, client.status) == ([], 503)


@pytest.mark.parametrize("come", [0, 300])
async def test_whoever_left_is_waited_for_no_longer_though_nothing_comes(depot: Depot, come: int) -> None:
    client = Client()
    depot.write(come)
    async with answering(depot.answer(), client) as answer:
        await eventually(lambda: client.body == CONTENT[:come])
        client.left.set()
        await asyncio.wait({answer}, timeout=10)
        assert answer.done()
    assert not client.is_whole


@pytest.mark.parametrize(("asked", "is_let_go_on"), [("bytes=300-", False), ("bytes=300-399", True), (None, True)])
async def test_bytes_that_were_wrong_after_all_let_nobody_go_on_behind_them(
    depot: Depot, asked: str | None, *, is_let_go_on: bool
) -> None:
    client, depot.is_doubted = Client(), True
    depot.write(500)
    async with answering(depot.answer(asked), client) as answer:
        depot.seal()
        await answer
    assert client.is_whole is is_let_go_on
    assert bool(client.body) is is_let_go_on


async def test_not_so_far_ahead_it_waits_for_the_fetch(depot: Depot) -> None:
    client, huge = Client(), File("huge.bin", 4 * AHEAD, FILE.digest, FileState.LISTED)
    async with answering(depot.answer("bytes=900-999", huge), client) as answer:
        depot.write(1000)
        depot.arrivals.moved(huge.digest)
        await answer
    assert (depot.passed, client.body) == ([], CONTENT[900:1000])


def passed(depot: Depot, count: int = 5) -> PassedAnswer:
    """The answer to a look at the first bytes."""
    raw = [(name.lower().encode(), value.encode()) for name, value in HEADERS]
    return PassedAnswer(FILE, 0, count, ByteRange(0, count), depot.pass_through, refuse, raw)


async def test_a_look_is_passed_through(depot: Depot) -> None:
    client = Client()
    depot.chunks = [b"abc", b"de"]
    async with answering(passed(depot), client) as answer:
        await answer
    assert (client.status, client.body, client.is_whole) == (206, b"abcde", True)
    assert client.headers == {
        "x-repo-commit": "c" * 40, "etag": '"e"', "content-length": "5", "content-range": f"bytes 0-4/{SIZE}",
    }  # fmt: skip


async def test_a_hub_that_is_away_is_told(depot: Depot) -> None:
    client = Client()
    depot.chunks = [UpstreamUnavailable("away")]
    async with answering(passed(depot), client) as answer:
        await answer
    assert (client.status, client.body) == (503, b"upstream-unavailable")


@pytest.mark.parametrize("chunks", [[b"abc"], [b"abc", UpstreamUnavailable("broke")]])
async def test_a_hub_that_breaks_off_cuts_the_connection(depot: Depot, chunks: list[bytes | SteelyardError]) -> None:
    client = Client()
    depot.chunks = chunks
    async with answering(passed(depot), client) as answer:
        await answer
    assert (client.status, client.body, client.is_whole) == (206, b"abc", False)


async def test_for_a_client_that_left_nothing_more_is_fetched(depot: Depot) -> None:
    client = Client()
    depot.chunks = [b"a"] * 1000
    client.left.set()
    async with answering(passed(depot, 1000), client) as answer:
        await answer
    assert len(client.body) < 1000
    assert not client.is_whole
