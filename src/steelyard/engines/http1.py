"""As much of an HTTP/1.1 client as engines need: one request on one connection, its answer as bytes come.

Connections are kept for the next request. aiohttp's client took 0.1 ms of processor time for each request, a third of
what a whole answer may cost; this takes a third of that. https works; redirects are not followed, and compression is
not asked for.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import cast
from urllib.parse import urlsplit

import httptools

_FULL = 256 * 1024  # bytes that wait to be read before the other side has to wait
_LARGEST_HEAD = 65536  # bytes
_KEPT = 64  # connections to one server that nobody uses
_END_WITHIN = 0.02  # seconds
_KEPT_FOR = 15.0  # seconds without a request: routers on the way forget connections, and tell nobody
_USUAL = "Accept: */*\r\nAccept-Encoding: identity\r\nUser-Agent: steelyard\r\n"
_PORTS = {"http": 80, "https": 443}


class Broken(Exception):
    """The connection ended, or what came makes no sense. ``is_untouched``: before anything of an answer came."""

    def __init__(self, why: str, *, is_untouched: bool = False) -> None:
        super().__init__(why)
        self.is_untouched = is_untouched


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server is, and what stands in requests for it."""

    host: str
    port: int
    is_secure: bool
    path: str
    head: str

    @property
    def key(self) -> tuple[str, int, bool]:
        """The same for what one connection can serve."""
        return self.host, self.port, self.is_secure


@lru_cache(maxsize=256)
def place_of(url: str) -> Place:
    """Of an address like ``http://127.0.0.1:8000/below``. Raises ValueError."""
    parts = urlsplit(url)
    if parts.hostname is None or parts.scheme not in _PORTS:
        raise ValueError("no address of a server")
    host = parts.hostname.encode("idna").decode() if not parts.hostname.isascii() else parts.hostname
    shown = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port is not None else ""
    path = parts.path.rstrip("/")
    return Place(host, parts.port or _PORTS[parts.scheme], parts.scheme == "https", path, f"Host: {shown}{port}\r\n")


class Connection(asyncio.Protocol):
    """One connection, one answer at a time. ``status`` is there once ``begun`` has returned."""

    def __init__(self, pool: "list[Connection]", now: Callable[[], float]) -> None:
        self._pool = pool
        self._now = now
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._pieces: list[bytes] = []
        self._size = 0
        self._head = 0
        self._waiter: asyncio.Future[None] | None = None
        self._error: Broken | None = None
        self._is_framed = False
        self._is_left = False
        self._is_kept = False
        self._is_paused = False
        self._since = 0.0
        self.status = 0
        self.is_whole = True

    @property
    def is_open(self) -> bool:
        """Whether a request can be sent."""
        return self._transport is not None and not self._transport.is_closing() and self._error is None

    @property
    def idle_since(self) -> float:
        """Since when nobody uses it, in seconds of its clock."""
        return self._since

    def ask(self, head: bytes, body: bytes) -> None:
        """Send a request; the answer to the one before has been read."""
        assert self._transport is not None  # noqa: S101 - it was made by a connection that stands
        self._parser = httptools.HttpResponseParser(self)
        self.status, self.is_whole, self._head = 0, False, 0
        self._is_framed, self._is_left, self._is_kept = False, False, False
        self._transport.write(head + body)

    async def begun(self, seconds: float) -> None:
        """Return when the answer's head is there. Raises Broken, TimeoutError."""
        while self.status == 0:
            await self._wait(seconds)

    async def read(self, seconds: float) -> bytes:
        """What has come of the body; nothing at its end. Raises Broken, and TimeoutError when nothing comes."""
        while not self._pieces:
            if self.is_whole:
                return b""
            await self._wait(seconds)
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        if self._is_paused and self._transport is not None and not self._transport.is_closing():
            self._is_paused = False
            self._transport.resume_reading()
        return data

    async def end(self) -> None:
        """The last bytes are on their way: with them read, the connection serves the next request."""
        with suppress(Broken, TimeoutError):
            while not self.is_whole:
                await self._wait(_END_WITHIN)

    def leave(self) -> None:
        """No more is read. An answer that is not whole is broken off."""
        if self._is_left or self._transport is None:
            return
        self._is_left = True
        self._pieces.clear()
        self._size = 0
        if self.is_whole and self._is_kept and self.is_open and not self._is_paused and len(self._pool) < _KEPT:
            self._since = self._now()
            self._pool.append(self)
        else:
            self._transport.abort()

    def close(self) -> None:
        """Close it, whatever it does."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It stands."""
        self._transport = cast("asyncio.Transport", transport)
        if (peer := transport.get_extra_info("socket")) is not None:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def data_received(self, data: bytes) -> None:
        """Some of an answer; bytes that nobody asked for end the connection."""
        if self.is_whole:
            self._spoil("more than was asked for")
            return
        if self.status == 0:
            self._head += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._spoil(f"no HTTP: {error}")
        if self.status == 0 and self._head > _LARGEST_HEAD:
            self._spoil("a head without an end")
        if self._size > _FULL and not self._is_left and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end, which is an answer's own where it has no other."""
        if self in self._pool:
            self._pool.remove(self)
        if self.status and not self.is_whole and not self._is_framed and exc is None:
            self.is_whole = True
        self._break(Broken("the connection was closed", is_untouched=self._head == 0))
        self._wake()

    def on_message_begin(self) -> None:
        """One more answer behind one that is whole is nobody's, and would be taken for the next request's."""
        if self.is_whole:
            raise Broken("more than was asked for")

    def on_header(self, name: bytes, _value: bytes) -> None:
        """One field of the head."""
        if name.lower() in {b"content-length", b"transfer-encoding"}:
            self._is_framed = True

    def on_headers_complete(self) -> None:
        """The head is there; those of 1xx announce another one."""
        status = self._parser.get_status_code()
        self.status = 0 if status < 200 else status

    def on_body(self, data: bytes) -> None:
        """Some of the body."""
        if not self._is_left:
            self._pieces.append(data)
            self._size += len(data)

    def on_message_complete(self) -> None:
        """The end of the answer."""
        self.is_whole = self.status != 0
        self._is_kept = self._parser.should_keep_alive()  # it tells the truth in here only

    async def _wait(self, seconds: float) -> None:
        if self._error is not None:
            raise self._error
        loop = asyncio.get_running_loop()
        waiter = self._waiter = loop.create_future()
        limit = loop.call_later(seconds, _time_is_over, waiter)
        try:
            await waiter
        finally:
            limit.cancel()
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _spoil(self, why: str) -> None:
        self._break(Broken(why))
        self.close()

    def _break(self, error: Broken) -> None:
        self._error = self._error or error


class Connections:
    """All connections of one depot, in its event loop."""

    def __init__(self, connect: float, now: Callable[[], float] = time.monotonic) -> None:
        """``connect`` seconds are given to a new one; ``now`` is a clock, in seconds, that only goes forward."""
        self._connect = connect
        self._now = now
        self._kept: dict[tuple[str, int, bool], list[Connection]] = {}
        self._all: set[Connection] = set()
        self._context: ssl.SSLContext | None = None

    def kept(self, place: Place) -> Connection | None:
        """One that stands, that nobody uses, and that somebody used a moment ago."""
        pool, oldest = self._kept.get(place.key), self._now() - _KEPT_FOR
        while pool:
            connection = pool.pop()
            if connection.is_open and connection.idle_since >= oldest:
                return connection
            connection.close()
        return None

    async def made(self, place: Place) -> Connection:
        """A new one. Raises OSError, TimeoutError."""
        pool = self._kept.setdefault(place.key, [])
        async with asyncio.timeout(self._connect):
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: Connection(pool, self._now),
                place.host,
                place.port,
                ssl=self._secured() if place.is_secure else None,
            )
        self._all = {one for one in self._all if one.is_open} | {connection}
        return connection

    def close(self) -> None:
        """Close all."""
        for connection in self._all:
            connection.close()

    def _secured(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = ssl.create_default_context()
        return self._context


def head_of(place: Place, method: str, path: str, key: str | None, size: int | None) -> bytes:
    """The head of a request; ``size`` is that of its JSON body."""
    text = f"{method} {place.path}{path} HTTP/1.1\r\n{place.head}{_USUAL}"
    if key:
        text += f"Authorization: Bearer {key}\r\n"
    if size is not None:
        text += f"Content-Type: application/json\r\nContent-Length: {size}\r\n"
    return f"{text}\r\n".encode("latin-1")


def _time_is_over(waiter: "asyncio.Future[None]") -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError())
