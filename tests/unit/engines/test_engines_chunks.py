"""What may stand in an answer of an engine, and that nothing else gets through."""

import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from steelyard.engines.chunks import is_sound
from steelyard.engines.errors import EngineFailed
from steelyard.engines.models import Endpoint
from steelyard.engines.wire import EngineClient
from steelyard.testing.engine_suite import CHAT, say, streamed

TOKEN = {"token": "a", "logprob": -0.5, "top_logprobs": [{"token": "b", "logprob": -1}]}
SOUND: list[dict[str, object]] = [
    {},
    {"choices": []},
    {"choices": [{}]},
    {"choices": [{"delta": {"content": "a", "role": "assistant"}, "finish_reason": None, "index": 0}]},
    {"choices": [{"delta": {"reasoning_content": "a"}, "logprobs": {"content": [TOKEN]}}]},
    {"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": "{"}}]}}]},
    {"choices": [{"delta": {"tool_calls": [{}]}}]},
    {"choices": [{"text": "a", "logprobs": {"tokens": ["a"], "token_logprobs": [-1.0], "top_logprobs": None}}]},
    {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 0}},
    {"choices": [], "usage": None, "timings": {"prompt_ms": 1.5, "predicted_ms": 2}},
]
UNSOUND: list[dict[str, object]] = [
    {"choices": "x"},
    {"choices": {"a": 1}},
    {"choices": ["x"]},
    {"choices": [5]},
    {"choices": [{"delta": "s"}]},
    {"choices": [{"delta": {"content": ["a"]}}]},
    {"choices": [{"delta": {"content": 5}}]},
    {"choices": [{"delta": {"reasoning": {}}}]},
    {"choices": [{"delta": {}, "finish_reason": 1}]},
    {"choices": [{"text": ["a"]}]},
    {"choices": [{"delta": {"tool_calls": 5}}]},
    {"choices": [{"delta": {"tool_calls": ["f"]}}]},
    {"choices": [{"delta": {"tool_calls": [{"index": "0"}]}}]},
    {"choices": [{"delta": {"tool_calls": [{"index": 10**9}]}}]},
    {"choices": [{"delta": {"tool_calls": [{"id": 7}]}}]},
    {"choices": [{"delta": {"tool_calls": [{"function": "f"}]}}]},
    {"choices": [{"delta": {"tool_calls": [{"function": {"arguments": {}}}]}}]},
    {"choices": [{"delta": {}, "logprobs": []}]},
    {"choices": [{"delta": {}, "logprobs": {"content": ["a"]}}]},
    {"choices": [{"delta": {}, "logprobs": {"content": [{"token": "a"}]}}]},
    {"choices": [{"delta": {}, "logprobs": {"content": [{**TOKEN, "top_logprobs": [1]}]}}]},
    {"choices": [{"text": "a", "logprobs": {"tokens": "abc"}}]},
    {"choices": [{"text": "a", "logprobs": {"tokens": [1]}}]},
    {"usage": {"prompt_tokens": "x"}},
    {"usage": {"completion_tokens": -1}},
    {"usage": {"completion_tokens": 1.5}},
    {"usage": {"completion_tokens": 10**30}},
    {"usage": [1]},
    {"timings": {"prompt_ms": "1"}},
    {"timings": 5},
]


@pytest.mark.parametrize("chunk", SOUND, ids=json.dumps)
def test_what_engines_say_is_sound(chunk: dict[str, object]) -> None:
    assert is_sound(chunk)


@pytest.mark.parametrize("chunk", UNSOUND, ids=json.dumps)
def test_what_cannot_be_read_is_not(chunk: dict[str, object]) -> None:
    assert not is_sound(chunk)


def test_a_time_without_end_is_none() -> None:
    """JSON can have 1e999, and nobody can write it again."""
    assert not is_sound({"timings": {"prompt_ms": float("inf")}})


@pytest.fixture
def said() -> list[bytes]:
    return []


@pytest.fixture
async def endpoint(said: list[bytes]) -> AsyncIterator[Endpoint]:
    """A server that says this for an answer."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=b"".join(b"data: " + payload + b"\n\n" for payload in (*said, b"[DONE]")))

    application = web.Application()
    application.router.add_post(CHAT, answer)
    runner = web.AppRunner(application, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield Endpoint(f"http://127.0.0.1:{runner.addresses[0][1]}", "there")
    await runner.cleanup()


@pytest.mark.parametrize(
    "payload",
    [b"5", b'"x"', b"[{}]", b'[{"choices": []}]', b"null", b"true", b"[" * 10_000, b'{"a": NaN}', b'{"a": "\\ud800"}',
     b'{"timings": {"prompt_ms": 1e999}}', *(json.dumps(chunk).encode() for chunk in UNSOUND)],
)  # fmt: skip
async def test_an_engine_that_says_such_things_has_failed(
    said: list[bytes], endpoint: Endpoint, payload: bytes
) -> None:
    """In words for people, whatever it was; what came before is kept."""
    client, whole = EngineClient(), b'{"choices": [{"delta": {"content": "a"}}]}'
    said += [whole, payload]
    try:
        stream = streamed(client, endpoint, CHAT, say("hello"))
        assert (await anext(stream))["choices"]
        with pytest.raises(EngineFailed) as caught:
            await anext(stream)
        assert caught.value.hint
    finally:
        await client.close()
