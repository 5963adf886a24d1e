"""``python -m bench.gateway_thin UPSTREAM FILE``: as little of a gateway as there can be; prints its port.

Starlette, aiohttp, and one row in SQLite for each request, committed before the last byte goes out. It passes on what
comes, and knows neither people nor models nor tokens.
"""

import socket
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn
from aiohttp import ClientSession, TCPConnector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

_PATH = "/v1/chat/completions"


class ThinProxy:
    """One upstream and one log."""

    def __init__(self, upstream: str, log: Path) -> None:
        self._upstream = upstream + _PATH
        self._session: ClientSession | None = None
        self._log = sqlite3.connect(log, isolation_level=None)
        self._log.execute("PRAGMA journal_mode=WAL")
        self._log.execute("PRAGMA synchronous=NORMAL")  # as the depot's usage log has it
        self._log.execute("CREATE TABLE requests (at REAL, status INTEGER, milliseconds REAL, bytes INTEGER)")

    async def answer(self, request: Request) -> Response:
        """Pass the question on and the answer back."""
        start, body = time.time(), await request.body()
        if self._session is None:
            self._session = ClientSession(connector=TCPConnector(limit=0))
        response = await self._session.post(self._upstream, data=body, headers={"Content-Type": "application/json"})
        if response.content_type == "text/event-stream":

            async def pieces() -> AsyncIterator[bytes]:
                size = 0
                async for piece in response.content.iter_any():
                    size += len(piece)
                    yield piece
                self._write_down(start, response.status, size)

            return StreamingResponse(pieces(), response.status, media_type="text/event-stream")
        answer = await response.read()
        self._write_down(start, response.status, len(answer))
        return Response(answer, response.status, media_type="application/json")

    def _write_down(self, start: float, status: int, size: int) -> None:
        row = (start, status, (time.time() - start) * 1000, size)
        self._log.execute("INSERT INTO requests VALUES (?, ?, ?, ?)", row)


def main(upstream: str, log: str) -> None:
    """Serve until a signal comes."""
    proxy = ThinProxy(upstream, Path(log))
    app = Starlette(routes=[Route(_PATH, proxy.answer, methods=["POST"])])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, loop="uvloop", http="httptools", ws="none", lifespan="off", access_log=False)
        print(listener.getsockname()[1], flush=True)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(*sys.argv[1:])
