"""How engines are spoken to, and what becomes of their errors."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from steelyard.core.errors import SteelyardError
from steelyard.engines.errors import EngineFailed, EngineSilent, EngineUnreachable, PromptTooLong, RefusedByEngine
from steelyard.engines.failures import error_in, error_of
from steelyard.engines.log import LogTail, without_paths
from steelyard.engines.models import Endpoint
from steelyard.engines.sse import EventLines, LineTooLong
from steelyard.engines.wire import EngineClient, Patience
from steelyard.testing.engine_suite import CHAT, say, streamed, text_of


class Scripted:
    """A server that writes these bytes to whoever asks, and remembers what was asked."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.status = 200
        self.is_silent = False
        self.is_slow = False
        self.closes = False
        self.is_cut = False
        self.location: str | None = None
        self.asked: list[dict[str, object]] = []
        self.connections: set[object] = set()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json() if request.can_read_body else {}
        self.asked.append({**body, "key": request.headers.get("Authorization")})
        self.connections.add(request.transport)
        if self.is_silent:
            await asyncio.sleep(600)
        response = web.StreamResponse(status=self.status, headers={"Location": self.location} if self.location else {})
        await response.prepare(request)
        for piece in self.pieces:
            await response.write(piece)
        if self.is_slow:
            await asyncio.sleep(600)
        if self.is_cut and request.transport is not None:
            request.transport.abort()
        await response.write_eof()
        if self.closes and request.transport is not None:
            request.transport.close()
        return response


@pytest.fixture
async def server() -> Scripted:
    return Scripted()


@pytest.fixture
async def endpoint(server: Scripted) -> AsyncIterator[Endpoint]:
    application = web.Application()
    application.router.add_route("*", "/v1/{rest:.*}", server.answer)
    runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield Endpoint(f"http://127.0.0.1:{runner.addresses[0][1]}", "there", "secret", {"return_progress": True})
    await runner.cleanup()


@pytest.fixture
async def client() -> AsyncIterator[EngineClient]:
    client = EngineClient(Patience(first=0.3, between=0.3))
    yield client
    await client.close()


def event(chunk: object) -> bytes:
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def piece(text: str, finish: str | None = None) -> dict[str, object]:
    return {"choices": [{"delta": {"content": text}, "finish_reason": finish}]}


DONE = b"data: [DONE]\n\n"


async def read(client: EngineClient, endpoint: Endpoint) -> str:
    return "".join([text_of(chunk) async for chunk in streamed(client, endpoint, CHAT, say("hello"))])


async def test_the_request_is_completed(server: Scripted, client: EngineClient, endpoint: Endpoint) -> None:
    """With the model's name there, the key, and what the engine wants of every request."""
    server.pieces = [event(piece("a")), DONE]
    await read(client, endpoint)
    (asked,) = server.asked
    assert asked["model"] == "there"
    assert asked["key"] == "Bearer secret"
    assert asked["stream"] is True
    assert asked["stream_options"] == {"include_usage": True}
    assert asked["return_progress"] is True


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
async def test_pieces_may_be_cut_anywhere(
    server: Scripted, client: EngineClient, endpoint: Endpoint, size: int
) -> None:
    """Also within a character; comments, pings and progress are no pieces."""
    whole = b": ping\n\n" + event(piece("wägt ")) + event({"prompt_progress": {}, "choices": []})
    whole += b"data:" + json.dumps(piece("天気", "stop"), ensure_ascii=False).encode() + b"\r\n\r\n" + DONE
    server.pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
    assert await read(client, endpoint) == "wägt 天気"


async def test_an_end_without_done_is_one_when_a_reason_came(
    server: Scripted, client: EngineClient, endpoint: Endpoint
) -> None:
    server.pieces = [event(piece("a")), event(piece("b", "stop"))]
    assert await read(client, endpoint) == "ab"


async def test_an_answer_without_an_end_has_failed(server: Scripted, client: EngineClient, endpoint: Endpoint) -> None:
    server.pieces = [event(piece("a"))]
    with pytest.raises(EngineFailed, match="without an end"):
        await read(client, endpoint)


@pytest.mark.parametrize("garbage", [b"data: {nonsense\n\n", b"data: \xff\xfe\n\n"])
async def test_garbage_has_failed(server: Scripted, client: EngineClient, endpoint: Endpoint, garbage: bytes) -> None:
    server.pieces = [event(piece("a")), garbage, DONE]
    with pytest.raises(EngineFailed):
        await read(client, endpoint)


async def test_an_error_in_the_stream_is_raised(server: Scripted, client: EngineClient, endpoint: Endpoint) -> None:
    error = {
        "error": {"code": 400, "message": "x", "type": "exceed_context_size_error", "n_prompt_tokens": 9, "n_ctx": 4}
    }
    server.pieces = [event(piece("a")), event(error), DONE]
    with pytest.raises(PromptTooLong, match="9 tokens and the context 4"):
        await read(client, endpoint)


async def test_a_silent_server_is_not_waited_for(server: Scripted, client: EngineClient, endpoint: Endpoint) -> None:
    server.is_silent = True
    with pytest.raises(EngineSilent):
        await read(client, endpoint)


async def test_a_server_that_stops_in_the_middle_is_not_waited_for(
    server: Scripted, client: EngineClient, endpoint: Endpoint
) -> None:
    server.pieces, server.is_slow = [event(piece("a"))], True
    with pytest.raises(EngineFailed, match="broke off"):
        await read(client, endpoint)


async def test_nobody_there(client: EngineClient) -> None:
    with pytest.raises(EngineUnreachable):
        await read(client, Endpoint("http://127.0.0.1:9", "there"))


async def test_a_connection_that_was_closed_meanwhile_costs_nothing(
    server: Scripted, client: EngineClient, endpoint: Endpoint
) -> None:
    """llama.cpp's server closes kept ones without a word."""
    server.pieces, server.closes = [event(piece("a", "stop")), DONE], True
    for _ in range(20):
        assert await read(client, endpoint) == "a"


@pytest.mark.parametrize("answered_before", [0, 1])
async def test_whoever_takes_a_request_and_leaves_is_asked_no_more_often_than_needed(
    client: EngineClient, answered_before: int
) -> None:
    """A kept connection may have been closed before the request came: that is tried once more, on a new one."""
    heads: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        if len(heads) <= answered_before:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as listening:
        endpoint = Endpoint(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", "there")
        for _ in range(answered_before):
            assert await client.get(endpoint, "/v1/models") == {}
        with pytest.raises(EngineSilent):
            await client.get(endpoint, "/v1/models")
    assert len(heads) == 1 + 2 * answered_before


async def test_a_connection_serves_the_next_request(server: Scripted, client: EngineClient, endpoint: Endpoint) -> None:
    """Though the end of the answer comes by itself."""
    server.pieces = [event(piece("a", "stop")), DONE]
    for _ in range(5):
        assert await read(client, endpoint) == "a"
    assert len(server.connections) == 1


async def test_a_plain_answer(server: Scripted, client: EngineClient, endpoint: Endpoint) -> None:
    server.pieces = [b'{"data": []}']
    assert await client.call(endpoint, "/v1/embeddings", {"input": ["a"]}) == {"data": []}
    server.pieces = [b"[]"]
    with pytest.raises(EngineFailed, match="no sense"):
        await client.call(endpoint, "/v1/embeddings", {"input": ["a"]})
    server.pieces = [b'{"error": {"code": 400, "message": "input is empty"}}']
    with pytest.raises(RefusedByEngine, match="input is empty"):
        await client.call(endpoint, "/v1/embeddings", {"input": ["a"]})


LLAMA = {"error": {"code": 400, "message": "request (12003 tokens) exceeds the available context size (1024 tokens)",
                   "type": "exceed_context_size_error", "n_prompt_tokens": 12003, "n_ctx": 1024}}  # fmt: skip
TEXT = "input (3002 tokens) is too large to process. increase the physical batch size (current batch size: 512)"
VLLM = {"error": {"message": "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.",
                  "type": "BadRequestError", "code": 400}}  # fmt: skip


@pytest.mark.parametrize(
    ("status", "said", "expected", "word"),
    [
        (400, LLAMA, PromptTooLong, "12003 tokens and the context 1024"),
        (400, VLLM, PromptTooLong, "4096"),
        (500, {"error": {"message": TEXT}}, PromptTooLong, "3002 tokens and the context 512"),
        (500, {"error": {"message": "No requests can be scheduled and no"}}, PromptTooLong, "too long"),
        (400, {"error": {"message": "unrecognized type nonsense"}}, RefusedByEngine, "nonsense"),
        (500, {"error": {"message": "image input is not supported - hint"}}, RefusedByEngine, "image"),
        (422, {"detail": [{"loc": ["body", "n"]}]}, RefusedByEngine, "loc"),
        (400, {"message": "plain", "object": "error"}, RefusedByEngine, "plain"),
        (400, {"error": "a text"}, RefusedByEngine, "a text"),
        (500, {"error": {"message": "kaboom in /srv/store/models/a.gguf"}}, EngineFailed, "kaboom in a.gguf"),
        (401, {"error": {"message": "Incorrect key: sk-proj-abcdef123"}}, EngineFailed, "does not accept the key"),
        (403, {"error": {"message": "sk-proj-abcdef123 may not"}}, EngineFailed, "does not accept the key"),
        (
            429,
            {"error": {"message": "too many by hush and Bearer abcdef and sk-proj-abcdef123 here"}},
            EngineFailed,
            "too many by … and Bearer … and … here",
        ),
        (
            400,
            {"error": {"message": 'hush of y="/srv/depot/secret/a.gguf" (/srv/depot/b.gguf)'}},
            RefusedByEngine,
            '… of y="a.gguf" (b.gguf)',
        ),
        (307, {"error": {"message": "elsewhere"}}, EngineFailed, "sends requests on to another address"),
        (502, None, EngineFailed, "502 Bad Gateway"),
        (599, None, EngineFailed, "599"),
    ],
)
def test_errors_of_engines_become_ours(status: int, said: object, expected: type[SteelyardError], word: str) -> None:
    """With a hint, whatever shape they have, and without a path of this machine or a key. Only JSON is quoted."""
    body = b"<html>metadata: SECRET=42</html>" if said is None else json.dumps(said).encode()
    error = error_of(status, body, "hush")
    assert type(error) is expected
    assert word in error.detail
    assert not any(word in error.detail for word in ("/srv", "SECRET", "hush", "abcdef", "metadata"))
    assert error.hint


def test_an_error_nested_too_deep_is_one_still() -> None:
    assert type(error_of(500, b"[" * 60_000)) is EngineFailed


async def test_a_key_that_is_not_accepted_is_written_down_and_not_shown(
    server: Scripted, client: EngineClient, endpoint: Endpoint, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever asks learns that it is not their fault, and whoever runs the depot at which server to look."""
    server.status, server.pieces = 401, [b'{"error": {"message": "not secret"}}']
    with caplog.at_level(logging.WARNING), pytest.raises(EngineFailed, match="key that it is sent") as caught:
        await read(client, endpoint)
    assert "secret" not in f"{caught.value.detail} {caught.value.hint} {caplog.text}"
    assert endpoint.url.removeprefix("http://") in caplog.text


async def test_a_redirect_is_not_followed(server: Scripted, client: EngineClient, endpoint: Endpoint) -> None:
    """It could lead into a network that only this machine can reach, with a key that is not for it."""
    server.status, server.location = 307, f"{endpoint.url}/v1/other"
    with pytest.raises(EngineFailed, match="another address"):
        await read(client, endpoint)
    assert len(server.asked) == 1


async def test_an_error_that_breaks_off_is_one_of_ours(
    server: Scripted, client: EngineClient, endpoint: Endpoint
) -> None:
    server.status, server.pieces, server.is_cut = 500, [b'{"error": '], True
    with pytest.raises(EngineFailed, match="broke off"):
        await read(client, endpoint)


async def test_a_line_that_never_ends_is_not_gathered(
    server: Scripted, client: EngineClient, endpoint: Endpoint
) -> None:
    server.pieces = [b"data: " + b"x" * 2**20] + [b"x" * 2**20] * 5
    with pytest.raises(EngineFailed, match="no sense"):
        await read(client, endpoint)


async def test_a_list_of_models_that_never_ends_is_not_gathered(
    server: Scripted, client: EngineClient, endpoint: Endpoint
) -> None:
    server.pieces = [b'{"data": ["'] + [b"x" * 2**20] * 5
    with pytest.raises(EngineFailed, match="no sense"):
        await client.get(endpoint, "/v1/models")


def test_lines_in_small_pieces_are_put_together_once() -> None:
    lines, one = EventLines(), b'data: {"a": "' + b"x" * 1000 + b'"}\n'
    fed = [payload for byte in one * 2 for payload in lines.feed(bytes([byte]))]
    assert fed == [one[6:-1]] * 2
    for _ in range(4):
        lines.feed(b"x" * 2**20)
    with pytest.raises(LineTooLong):
        lines.feed(b"x")


def test_an_error_in_a_stream_has_its_own_status() -> None:
    assert isinstance(error_in({"error": {"code": 400, "message": "no"}}), RefusedByEngine)
    assert isinstance(error_in({"error": {"code": "server_error", "message": "no"}}), EngineFailed)
    assert isinstance(error_in({"error": "no"}), EngineFailed)


def test_lines_of_older_servers() -> None:
    lines = EventLines()
    assert lines.feed(b'error: {"code": 500}\n\ndata: [DONE]\n\ndata: {"late": 1}\n\n') == [b'{"error":{"code": 500}}']
    assert lines.is_done


def test_the_log_keeps_the_last_lines() -> None:
    log = LogTail(lines=3)
    assert log.feed(b"one\ntwo\nth") == ["one", "two"]
    assert log.feed(b"ree\n\xff\nfive\nsi") == ["three", "\ufffd", "five"]
    assert log.last() == ["three", "\ufffd", "five", "si"]
    assert log.feed(b"x\n" + b"long" * 1000 + b"\n") == ["six", "long" * 125]
    assert log.last() == ["five", "six", "long" * 125]
    assert log.last(1) == ["long" * 125]


def test_paths_are_left_out_of_what_people_read(tmp_path: Path) -> None:
    told = f"cannot open {tmp_path}/blobs/abc.gguf, see https://example.org/a/b or ~/x/y"
    assert without_paths(told) == "cannot open abc.gguf, see https://example.org/a/b or y"


def test_paths_with_spaces_are_left_out_where_they_are_known() -> None:
    """Of the file itself, and of what lies beside it and above."""
    known = Path("/data/My Models/hub/snapshots/x y.gguf")
    told = f"failed to open '{known}', /data/My Models/blobs/ab and /data/My Models/hub/z.json"
    assert without_paths(told, known) == "failed to open 'x y.gguf', blobs/ab and z.json"
    assert without_paths("see data: a/b", Path("nowhere/a.gguf")) == "see data: a/b"
