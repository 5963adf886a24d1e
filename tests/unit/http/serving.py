"""An application behind uvicorn in a thread of its own, with the event loop that is asked for, and raw sockets."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

from steelyard.testing.hub import Blob

LoopKind = Literal["asyncio", "uvloop"]
PATIENCE = 30.0  # seconds until a test gives up


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs."""

    server: uvicorn.Server
    port: int

    def connect(self) -> socket.socket:
        """A new connection."""
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE)

    def client(self) -> HTTPConnection:
        """A client with one connection."""
        return HTTPConnection("127.0.0.1", self.port, PATIENCE)

    def get(self, path: str = "/", headers: dict[str, str] | None = None) -> bytes:
        """The body of one answer."""
        client = self.client()
        try:
            client.request("GET", path, headers=headers or {})
            return client.getresponse().read()
        finally:
            client.close()


@contextmanager
def served(
    app: ASGIApp, protocol: type[asyncio.Protocol], loop: LoopKind = "uvloop", grace: int = 5
) -> Iterator[Served]:
    """The application on a free port; what takes longer than ``grace`` seconds is cut at the end."""
    config = uvicorn.Config(
        app, loop=loop, http=protocol, ws="none", lifespan="off", log_config=None, access_log=False,
        timeout_graceful_shutdown=grace,
    )  # fmt: skip
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield Served(server, listener.getsockname()[1])  # who connects before it listens waits in the queue
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def make_file(path: Path, size: int) -> bytes:
    """A file of bytes that say where they are, and its content."""
    content = b"".join(Blob(size, seed=size).chunks())
    path.write_bytes(content)
    return content
