"""The client that speaks HTTP/1.1 to engines."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from steelyard.engines.http1 import Broken, Connection, Connections, head_of, place_of
from steelyard.testing.engine_suite import until


@asynccontextmanager
async def serving(answer: bytes, *, closes: bool = False) -> AsyncIterator[tuple[Connections, str, list[bytes]]]:
    """A server that writes these bytes for each request; the heads that it got."""
    heads: list[bytes] = []
    handling: list[asyncio.Task[None] | None] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handling.append(asyncio.current_task())
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                heads.append(head)
                writer.write(answer)
                await writer.drain()
                if closes:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    connections = Connections(5.0)
    try:
        yield connections, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heads
    finally:
        connections.close()
        server.close()
        await asyncio.wait_for(asyncio.gather(*(one for one in handling if one is not None)), 5.0)


async def ask(connections: Connections, url: str) -> Connection:
    """The answer's beginning."""
    place = place_of(url)
    connection = connections.kept(place) or await connections.made(place)
    connection.ask(head_of(place, "GET", "/v1/models", "secret", None), b"")
    await connection.begun(5.0)
    return connection


async def whole(connection: Connection) -> bytes:
    """Its body."""
    read = b""
    while data := await connection.read(5.0):
        read += data
    connection.leave()
    return read


class Ticking:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


SIMPLE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


async def test_one_connection_serves_one_request_after_the_other() -> None:
    async with serving(SIMPLE) as (connections, url, heads):
        answers = [await ask(connections, url) for _ in range(1)]
        assert await whole(answers[0]) == b"ok"
        again = await ask(connections, url)
        assert await whole(again) == b"ok"
        assert again is answers[0]
    assert b"Authorization: Bearer secret\r\n" in heads[0]
    assert heads[0].startswith(b"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1:")


async def test_two_requests_at_the_same_time_take_two() -> None:
    async with serving(SIMPLE) as (connections, url, _):
        first, second = await ask(connections, url), await ask(connections, url)
        assert first is not second
        assert (await whole(first), await whole(second)) == (b"ok", b"ok")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\n\r\n" + SIMPLE,
    ],
)
async def test_bodies_in_chunks_and_heads_before_the_head(answer: bytes) -> None:
    async with serving(answer) as (connections, url, _):
        connection = await ask(connections, url)
        assert (connection.status, await whole(connection)) == (200, b"ok")


async def test_a_body_without_a_length_ends_with_its_connection() -> None:
    async with serving(b"HTTP/1.1 200 OK\r\n\r\nok", closes=True) as (connections, url, _):
        assert await whole(await ask(connections, url)) == b"ok"
        assert connections.kept(place_of(url)) is None


async def test_a_body_that_is_cut_short_has_not_ended() -> None:
    async with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", closes=True) as (connections, url, _):
        connection = await ask(connections, url)
        with pytest.raises(Broken):
            await whole(connection)


async def test_what_is_no_http_is_broken() -> None:
    async with serving(b"SSH-2.0-nothing\r\n\r\n") as (connections, url, _):
        with pytest.raises(Broken):
            await ask(connections, url)


async def test_a_head_that_never_ends_is_broken() -> None:
    """Bytes of it are counted, not kept."""
    async with serving(b"HTTP/1.1 200 OK\r\n" + b"X-More: of it\r\n" * 20_000) as (connections, url, _):
        with pytest.raises(Broken, match="without an end"):
            await ask(connections, url)


async def test_an_answer_that_is_left_early_takes_its_connection_along() -> None:
    async with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok") as (connections, url, _):
        connection = await ask(connections, url)
        assert await connection.read(5.0) == b"ok"
        connection.leave()
        assert not connection.is_open
        assert connections.kept(place_of(url)) is None


async def test_a_slow_reader_holds_up_the_server_and_not_the_memory() -> None:
    size = 8_000_000
    async with serving(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size) as (connections, url, _):
        connection = await ask(connections, url)
        for _ in range(50):
            await asyncio.sleep(0.001)
        first = await connection.read(5.0)
        assert len(first) < size // 2
        assert len(first) + len(await whole(connection)) == size


async def test_what_lies_unread_goes_with_its_connection() -> None:
    """It would wait for ever in the pool, where nobody reads."""
    size = 300_000
    async with serving(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size) as (connections, url, _):
        connection = await ask(connections, url)
        await until(lambda: connection.is_whole)
        connection.leave()
        assert not connection.is_open
        assert connections.kept(place_of(url)) is None


async def test_nobody_uses_a_connection_that_waited_long() -> None:
    monotonic = Ticking()
    async with serving(SIMPLE) as (_, url, heads):
        connections = Connections(5.0, monotonic)
        first = await ask(connections, url)
        await whole(first)
        monotonic.now += 14.0
        assert await ask(connections, url) is first
        await whole(first)
        monotonic.now += 16.0
        assert connections.kept(place_of(url)) is None
        assert not first.is_open
        connections.close()
    assert len(heads) == 2


async def test_a_second_answer_is_no_part_of_the_first_nor_of_the_next() -> None:
    async with serving(SIMPLE + b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother") as (connections, url, _):
        connection = await ask(connections, url)
        assert await whole(connection) == b"ok"
        assert not connection.is_open


async def test_what_comes_without_a_question_ends_the_connection() -> None:
    writers: list[asyncio.StreamWriter] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(SIMPLE)

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        connections, url = Connections(5.0), f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        connection = await ask(connections, url)
        await whole(connection)
        assert connection.is_open
        writers[0].write(b"HTTP/1.1 408 Too slow\r\nContent-Length: 0\r\n\r\n")
        await until(lambda: not connection.is_open)
        assert connections.kept(place_of(url)) is None
        connections.close()
        writers[0].close()


def test_places() -> None:
    place = place_of("https://[::1]:8443/below/")
    assert (place.host, place.port, place.is_secure, place.path) == ("::1", 8443, True, "/below")
    assert head_of(place, "POST", "/v1/x", None, 3).decode() == (
        "POST /below/v1/x HTTP/1.1\r\nHost: [::1]:8443\r\nAccept: */*\r\n"
        "Accept-Encoding: identity\r\nUser-Agent: steelyard\r\n"
        "Content-Type: application/json\r\nContent-Length: 3\r\n\r\n"
    )
    assert place_of("http://example.org").port == 80
    with pytest.raises(ValueError, match="no address"):
        place_of("ftp://example.org")
