"""What OpenAI's own client raises, and how often it asks."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from steelyard.testing.hub import StandInHub
from tests.flows.chatting import MODEL, behave, chatting_house, echo, events
from tests.flows.house import House, eventually, open_house

openai = pytest.importorskip("openai", reason="the official client is not installed")
ASKED = [{"role": "user", "content": "one two three"}]


@pytest.fixture
async def house(hub: StandInHub, home: Path) -> AsyncIterator[House]:
    bounds: dict[str, Any] = {"engines__parallel": 1, "engines__queue": 1, "engines__cooldown_seconds": 300}
    async with chatting_house(hub, home, served=True, **bounds) as house:
        yield house


@pytest.fixture
async def client(house: House) -> AsyncIterator[Any]:
    async with openai.AsyncOpenAI(base_url=f"{house.http.base_url}/v1", api_key="EMPTY") as client:
        yield client


def picture(url: str) -> dict[str, Any]:
    """A part of a message."""
    return {"type": "image_url", "image_url": {"url": url}}


async def refused(client: Any, kind: type[Exception], **asked: Any) -> Any:
    """What the client raises for a chat."""
    with pytest.raises(kind) as caught:
        await client.chat.completions.create(**{"model": MODEL, "messages": ASKED, **asked})
    return caught.value


async def asked_times(house: House) -> int:
    """How many requests came."""
    return sum([len(await events(house, kind)) for kind in ("generation_failed", "generation_completed")])


async def _so(value: bool) -> bool:
    """For ``eventually``."""
    return value


async def test_what_is_not_here_and_what_is_too_much(house: House, client: Any) -> None:
    error = await refused(client, openai.NotFoundError, model="org/other")
    assert (error.status_code, error.code, error.param) == (404, "model_not_found", "model")
    assert "steelyard pull org/other" in error.message
    assert error.type == "invalid_request_error"
    assert error.request_id
    with pytest.raises(openai.NotFoundError) as caught:
        await client.models.retrieve("org/other")
    assert caught.value.code == "model_not_found"
    for path, method in (
        ("/v1/responses", "POST"), ("/v1/messages", "POST"), ("/v1/moderations", "POST"), ("/v1/none", "GET"),
        (f"/v1/models/{MODEL}", "DELETE"), ("/v1/models", "PUT"),
    ):  # fmt: skip
        answer = await house.http.request(method, path, json={})
        told = answer.json()["error"]
        assert (answer.status_code in {404, 405}, set(told)) == (True, {"message", "type", "param", "code"}), path
        assert "/v1/chat/completions" in told["message"], path
    body = {"model": MODEL, "messages": [{"role": "user", "content": "word " * 400_000}], "max_tokens": 1}
    assert (await house.http.post("/v1/chat/completions", json=body)).status_code == 200, "there is room"
    for content in (b" " * (33 * 2**20), b"[" * 300_000):
        answer = await house.http.post("/v1/chat/completions", content=content)
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body-too-large")


WRONG: Sequence[tuple[dict[str, Any], str | None]] = (
    ({"n": 2}, "n"), ({"temperature": "hot"}, "temperature"), ({"messages": []}, "messages"),
    ({"messages": [{"role": "pirate", "content": "ahoy"}]}, "messages[0].role"),
    ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"), ({"max_tokens": 0}, "max_tokens"),
    ({"messages": [{"role": "user", "content": [picture("http://169.254.169.254/")]}]}, "messages"),
    ({"messages": [{"role": "user", "content": [{"type": "video_url"}]}]}, "messages"),
    ({"stop": [1]}, "stop"), ({"response_format": {"type": "yaml"}}, "response_format"), ({"top_logprobs": 2}, None),
    ({"functions": [{"name": "f"}]}, "functions"), ({"model": "../../etc"}, "model"),
)  # fmt: skip


async def test_what_is_wrong_in_the_body_is_named(house: House, client: Any) -> None:
    for asked, param in WRONG:
        error = await refused(client, openai.BadRequestError, **asked)
        assert (error.param, error.type) == (param, "invalid_request_error"), asked
        assert error.message, asked
    for prompt in ([1, 2], [[1], [2]], []):
        with pytest.raises(openai.BadRequestError) as caught:
            await client.completions.create(model=MODEL, prompt=prompt)
        assert caught.value.param == "prompt", prompt
    for texts in ([1, 2], [[1]], []):
        with pytest.raises(openai.BadRequestError) as caught:
            await client.embeddings.create(model=MODEL, input=texts)
        assert caught.value.param == "input", texts
    for data in (b"", b"[1]", b"{", b'{"model": "a"'):
        answer = await house.http.post("/v1/chat/completions", content=data)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid-value"), data
    for seconds in (0.5, 601):
        error = await refused(client, openai.UnprocessableEntityError, extra_body={"timeout": seconds})
        assert (error.status_code, error.param) == (422, "timeout"), seconds
    assert echo(house).tally.begun == 0, "nothing of it reached an engine"


async def test_time_out_is_asked_exactly_once(house: House, client: Any) -> None:
    behave(house, endless=True, token_seconds=0.01)
    error = await refused(client, openai.APIStatusError, extra_body={"timeout": 1})
    assert (error.status_code, error.code) == (408, "generation-timeout")
    assert error.response.headers["x-should-retry"] == "false"
    assert (await asked_times(house), echo(house).tally.begun, echo(house).tally.running) == (1, 1, 0)


async def test_time_out_in_a_stream_is_raised_in_the_middle(house: House, client: Any) -> None:
    behave(house, endless=True, token_seconds=0.01)
    stream = await client.chat.completions.create(model=MODEL, messages=ASKED, stream=True, extra_body={"timeout": 1})
    said: list[str] = []

    async def listen() -> None:
        async for chunk in stream:
            said.append(chunk.choices[0].delta.content)  # noqa: PERF401 - extend would lose what came before the error

    with pytest.raises(openai.APIError) as caught:
        await listen()
    assert caught.value.code == "generation-timeout"
    assert said[:3] == ["", "one ", "two "]
    assert await asked_times(house) == 1


async def test_what_the_engine_refuses_and_where_it_breaks_off(house: House, client: Any) -> None:
    behave(house, context=2)
    for stream in (False, True):
        error = await refused(client, openai.BadRequestError, stream=stream)
        assert error.code == "context_length_exceeded", stream
    behave(house, context=None, error_after=1)
    body = {"model": MODEL, "messages": ASKED, "stream": True}
    answer = await house.http.post("/v1/chat/completions", json=body)
    *_, error, done, rest = answer.text.split("\n\n")
    assert error.startswith('data: {"error":{"message":')
    assert (done, rest) == ("data: [DONE]", "")


async def test_a_full_queue_is_asked_again_when_it_says(house: House, client: Any) -> None:
    gate = asyncio.Event()
    behave(house, gate=gate)

    async def ask() -> str:
        answer = await client.chat.completions.create(model=MODEL, messages=ASKED)
        return str(answer.choices[0].message.content)

    asking = [asyncio.create_task(ask())]
    await eventually(lambda: _so(echo(house).tally.running == 1), "somebody is answered")
    asking.append(asyncio.create_task(ask()))
    waiting = house.depot.serving.service.state
    await eventually(lambda: _so(sum(waiting().waiting.values()) == 1), "somebody waits")
    error = await refused(client.with_options(max_retries=0), openai.InternalServerError)
    assert (error.status_code, error.code, error.type) == (503, "queue-full", "server_error")
    assert error.response.headers["retry-after"] == "1"
    asking.append(asyncio.create_task(ask()))

    async def refused_twice() -> bool:
        return len(await events(house, "generation_failed")) == 2

    await eventually(refused_twice, "the third was refused")
    gate.set()
    assert await asyncio.gather(*asking) == ["one two three"] * 3


async def test_a_model_that_failed_to_load_is_a_429_for_a_while(house: House, client: Any) -> None:
    behave(house, load_error=OSError("broken"))
    await refused(client.with_options(max_retries=0), openai.APIStatusError)
    error = await refused(client, openai.RateLimitError)
    assert (error.status_code, error.code, error.type) == (429, "load-cooling-down", "rate_limit_error")
    assert int(error.response.headers["retry-after"]) > 120
    assert await asked_times(house) == 2, "a client waits 120 s at most, and gives up beyond that"


async def test_behind_the_prefix_of_a_public_address_and_for_pages_of_others(hub: StandInHub, home: Path) -> None:
    app = "https://app.example"
    more: dict[str, Any] = {"server__public_url": "https://depot.example/shelf", "server__allowed_origins": [app]}
    async with open_house(hub, home, server__auth="required", **more) as house:
        asking = {"Origin": app, "Access-Control-Request-Method": "POST"}
        asked = await house.http.options("/shelf/v1/chat/completions", headers=asking)
        assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, app)
        for origin, status in ((app, 401), ("https://other.example", 403)):
            answer = await house.http.post("/v1/chat/completions", json={}, headers={"Origin": origin})
            assert (answer.status_code, answer.headers.get("access-control-allow-origin") == app) == (
                status, origin == app,
            ), origin  # fmt: skip
    async with open_house(hub, home, server__public_url="https://depot.example/shelf") as house:
        assert (await house.get("/shelf/v1/models")) == {"object": "list", "data": []}
        for path in ("/shelf/v1/models/org/none", "/shelf/v1/none", "/v1/none"):
            assert (await house.get(path, expect=404))["error"]["type"] == "invalid_request_error"


async def test_log_probabilities_that_the_engine_does_not_give_are_refused(house: House, client: Any) -> None:
    behave(house, gives_logprobs=False)
    error = await refused(client, openai.BadRequestError, logprobs=True)
    assert (error.param, error.code) == ("logprobs", "no-logprobs")
    assert "The engine echo" in error.message
    with pytest.raises(openai.BadRequestError):
        await client.completions.create(model=MODEL, prompt="one", logprobs=2)
    answer = await client.chat.completions.create(model=MODEL, messages=ASKED)
    assert answer.choices[0].message.content, "its turn was given back"
    assert echo(house).tally.bodies[-1].get("logprobs") is None
    assert len(echo(house).tally.bodies) == 1
