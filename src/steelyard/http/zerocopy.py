"""The ASGI extension ``http.response.zerocopysend`` for uvicorn: a message that names a file sends its bytes.

The message has ``file`` (a descriptor or an open file), ``offset`` (default: its position), ``count`` (default: to its
end) and ``more_body``. The scope announces it where it works: not under TLS, nor where ``os.sendfile`` is missing.
https://asgi.readthedocs.io/en/latest/extensions.html#zero-copy-send
"""

import asyncio
import os
from concurrent.futures import Executor
from typing import Any, ClassVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from steelyard.http.gathered import GatheredTransport
from steelyard.http.leaving import LEAVING, Leaving
from steelyard.http.sendfile import PATIENCE_SECONDS, Outlet
from steelyard.http.transfer import ClientLeft
from steelyard.http.turns import Turns

EXTENSION = "http.response.zerocopysend"


class ZeroCopyProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, with the extension. ``readers`` read cold files; ``reading_in`` names others, and has all
    connections share their ``turns``."""

    readers: ClassVar[Executor | None] = None
    patience: ClassVar[float] = PATIENCE_SECONDS
    turns: ClassVar[Turns | None] = None
    outlet: Outlet
    leaving: Leaving

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """A client came."""
        transport = GatheredTransport(transport)
        super().connection_made(transport)
        self.leaving = Leaving(self.flow.resume_reading)
        self.outlet = Outlet(transport, self.flow, self.readers, self.patience, self.turns or Turns())

    def connection_lost(self, exc: Exception | None) -> None:
        """The client left."""
        super().connection_lost(exc)
        self.outlet.lose()
        self.leaving.left()

    def on_message_begin(self) -> None:
        """A request begins: announce the extension, and who tells when the client leaves."""
        super().on_message_begin()
        self.scope["state"][LEAVING] = self.leaving
        if self.scheme == "http" and hasattr(os, "sendfile"):
            self.scope["extensions"] = {EXTENSION: {}}

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        extended: Any = _Extended(app, cycle, self.outlet, self.patience)  # both type the same messages differently
        super()._start_asgi_task(cycle, extended)


def reading_in(readers: Executor) -> type[ZeroCopyProtocol]:
    """The protocol with threads of its own for what has to be read from disks."""

    class Reading(ZeroCopyProtocol):
        pass

    Reading.readers = readers
    Reading.turns = Turns()
    return Reading


class _Extended:
    """The application of one request, its ``send`` extended."""

    def __init__(self, app: ASGIApp, cycle: RequestResponseCycle, outlet: Outlet, patience: float) -> None:
        self._app = app
        self._cycle = cycle
        self._outlet = outlet
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application. That a client left is no accident and is told to nobody.

        uvicorn itself takes what is sent to nobody; here whoever streams is told (ClientLeft), and need not go on.
        """

        async def extended(message: Message) -> None:
            if message["type"] == EXTENSION:
                await self._zero_copy(message, send)
            elif self._cycle.disconnected and message.get("more_body", False):
                raise ClientLeft
            else:
                if self._cycle.flow.write_paused and not self._cycle.disconnected:
                    await self._writable()
                await send(message)

        try:
            await self._app(scope, receive, extended)
        except ClientLeft:
            self._cut()
        except asyncio.CancelledError:  # only a stopping server does that, and it has said how many it cuts
            if not self._cycle.response_started:
                raise
            self._cut()

    async def _writable(self) -> None:
        """Whoever takes nothing for as long as a file would wait has left, and what is written down at the end is."""
        try:
            async with asyncio.timeout(self._patience):
                await self._cycle.flow.drain()
        except TimeoutError as error:
            raise ClientLeft from error

    def _cut(self) -> None:
        """The answer ends here, and uvicorn misses nothing of it."""
        self._cycle.disconnected = True
        self._cycle.transport.abort()

    async def _zero_copy(self, message: Message, send: Send) -> None:
        if self._cycle.disconnected:  # uvicorn takes no start of an answer then
            raise ClientLeft
        if not self._cycle.response_started or self._cycle.response_complete:
            raise RuntimeError(f"Unexpected ASGI message '{EXTENSION}'.")
        file, start, count = _span(message)
        if count > 0 and self._cycle.scope["method"] != "HEAD":
            await self._framed(file, start, count, send)
        if not message.get("more_body", False):
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _framed(self, file: int, start: int, count: int, send: Send) -> None:
        """The bytes, as a chunk of their own where the answer has no length."""
        cycle = self._cycle
        if cycle.disconnected:
            raise ClientLeft
        if not cycle.chunked_encoding and count > cycle.expected_content_length:
            raise RuntimeError("Response content longer than Content-Length")
        if cycle.chunked_encoding:
            cycle.transport.write(b"%x\r\n" % count)
        try:
            await self._outlet.send(file, start, count)
        except ClientLeft:
            cycle.disconnected = True  # before the transport says so: uvicorn would miss the rest of the answer
            raise
        if cycle.chunked_encoding:
            cycle.transport.write(b"\r\n")
        else:
            cycle.expected_content_length -= count


def _span(message: Message) -> tuple[int, int, int]:
    """Descriptor, offset and count of a message, as the extension's defaults have it."""
    file = message["file"] if isinstance(message["file"], int) else message["file"].fileno()
    start = message.get("offset")
    start = os.lseek(file, 0, os.SEEK_CUR) if start is None else start
    count = message.get("count")
    return file, start, max(0, os.fstat(file).st_size - start) if count is None else count
