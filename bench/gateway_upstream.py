"""``python -m bench.gateway_upstream``: a trivial server of OpenAI's protocol that is no bottleneck; prints its port.

One model, one answer of eight tokens, always the same bytes: in one piece, or streamed and written at once.
"""

import asyncio
import json
from typing import Any, cast

import uvloop

from bench.gateway_wire import split

MODEL = "bench-model"
WORDS = (" Once", " upon", " a", " time", " there", " was", " a", " scale")
_USAGE = {"prompt_tokens": 9, "completion_tokens": len(WORDS), "total_tokens": 9 + len(WORDS)}
_AROUND: dict[str, Any] = {"id": "chatcmpl-1", "created": 1, "model": MODEL}


class Upstream(asyncio.Protocol):
    """One connection, kept open."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (found := split(self._data)) is not None:
            head, body, self._data = found
            assert self._transport is not None
            self._transport.write(_answer(head, body))


def _answer(head: bytes, body: bytes) -> bytes:
    if head.startswith(b"GET "):
        return _MODELS
    is_streamed = b'"stream": true' in body or b'"stream":true' in body
    return _STREAMED if is_streamed else _WHOLE


def _plain(content: dict[str, Any]) -> bytes:
    body = json.dumps(content).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def _events() -> list[dict[str, Any]]:
    deltas = [{"role": "assistant", "content": ""}, *({"content": word} for word in WORDS)]
    chunks = [_chunk([{"index": 0, "delta": delta, "finish_reason": None}]) for delta in deltas]
    last = _chunk([{"index": 0, "delta": {}, "finish_reason": "stop"}])
    return [*chunks, last, {**_chunk([]), "usage": _USAGE}]


def _chunk(choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {**_AROUND, "object": "chat.completion.chunk", "choices": choices}


def _stream(lines: list[bytes]) -> bytes:
    pieces = [b"%x\r\n%s\r\n" % (len(line), line) for line in lines]
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(pieces) + b"0\r\n\r\n"


_MESSAGE = {"role": "assistant", "content": "".join(WORDS)}
_MODELS = _plain({"object": "list", "data": [{"id": MODEL, "object": "model", "created": 1, "owned_by": "bench"}]})
_WHOLE = _plain(
    {
        **_AROUND, "object": "chat.completion", "usage": _USAGE,
        "choices": [{"index": 0, "message": _MESSAGE, "finish_reason": "stop"}],
    }
)  # fmt: skip
_STREAMED = _stream([*(b"data: %s\n\n" % json.dumps(event).encode() for event in _events()), b"data: [DONE]\n\n"])


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve())
