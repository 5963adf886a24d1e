"""``python -m bench.gateway_load PORT TOKEN MODEL CONNECTIONS SECONDS KIND``: asks again and again, in a process of its
own. ``KIND`` is ``plain`` or ``stream``.

Each connection stays open and asks anew as soon as its answer is whole. Prints the number of answers, the seconds and
the median of the answers' milliseconds as JSON.
"""

import asyncio
import json
import sys
import time
from statistics import median
from typing import Any, cast

import uvloop

from bench.gateway_wire import split

_BODY = {"messages": [{"role": "user", "content": "Tell me a story about scales, please."}], "max_tokens": 64}


class Asker(asyncio.Protocol):
    """One connection."""

    def __init__(self, request: bytes, end: float, done: "asyncio.Future[None]") -> None:
        self._request = request
        self._end = end
        self._done = done
        self._transport: asyncio.Transport | None = None
        self._data = b""
        self._asked_at = 0.0
        self.waits: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._data += data
        found = split(self._data)
        if found is None:
            return
        head, body, self._data = found
        now = time.perf_counter()
        self.waits.append((now - self._asked_at) * 1000)
        if not head.startswith(b"HTTP/1.1 200"):
            self._fail(f"{head!r} {body[:500]!r}")
        elif now < self._end:
            self._ask()
        elif not self._done.done():
            self._done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"the connection ended: {exc}")

    def _ask(self) -> None:
        assert self._transport is not None
        self._asked_at = time.perf_counter()
        self._transport.write(self._request)

    def _fail(self, why: str) -> None:
        if not self._done.done():
            self._done.set_exception(AssertionError(why))


def request_of(port: int, token: str, model: str, kind: str) -> bytes:
    """The bytes of one request."""
    more: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}} if kind == "stream" else {}
    body = json.dumps({"model": model, **_BODY, **more}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    head += f"Authorization: Bearer {token}\r\n" if token else ""
    return f"{head}User-Agent: bench\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def _load(port: int, request: bytes, connections: int, seconds: float) -> dict[str, Any]:
    loop, start = asyncio.get_running_loop(), time.perf_counter()
    ends: list[asyncio.Future[None]] = [loop.create_future() for _ in range(connections)]
    askers = [Asker(request, start + seconds, end) for end in ends]
    waiting = iter(askers)
    for _ in askers:
        await loop.create_connection(lambda: next(waiting), "127.0.0.1", port)
    await asyncio.gather(*ends)
    waits = [wait for asker in askers for wait in asker.waits]
    return {"answers": len(waits), "seconds": time.perf_counter() - start, "median": median(waits)}


def main(port: str, token: str, model: str, connections: str, seconds: str, kind: str) -> None:
    """Ask, and print what was seen."""
    request = request_of(int(port), token, model, kind)
    print(json.dumps(uvloop.run(_load(int(port), request, int(connections), float(seconds)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
