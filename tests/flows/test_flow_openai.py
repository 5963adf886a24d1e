"""OpenAI's own client against the depot, unmodified: every call that applies."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from steelyard.testing.hub import StandInHub
from tests.flows.chatting import MODEL, behave, chatting_house, echo, events
from tests.flows.house import House, eventually

openai = pytest.importorskip("openai", reason="the official client is not installed")
ASKED = [{"role": "user", "content": "one two three"}]
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}


class Echoed(BaseModel):
    """What the echo says in JSON."""

    echo: str


@pytest.fixture
async def house(hub: StandInHub, home: Path) -> AsyncIterator[House]:
    async with chatting_house(hub, home, served=True) as house:
        yield house


@pytest.fixture
async def client(house: House) -> AsyncIterator[Any]:
    async with openai.AsyncOpenAI(base_url=f"{house.http.base_url}/v1", api_key="EMPTY") as client:
        yield client


async def models_are_listed_under_all_their_names(house: House, client: Any) -> None:
    house.hub.add("org/facts", {"data.csv": b"a,b\n"}, kind="dataset")
    await house.bring("datasets/org/facts")
    answer = await house.http.patch(f"/api/models/{MODEL}", json={"aliases": ["polly"]})
    assert answer.status_code == 200, answer.text
    listed = [model async for model in await client.models.list()]
    assert [model.id for model in listed] == [MODEL, "polly"]
    assert {(model.object, model.owned_by) for model in listed} == {("model", "org")}
    assert all(model.created > 1_600_000_000 for model in listed)
    for name in (MODEL, "polly", f"{MODEL}:Q4_0"):
        assert (await client.models.retrieve(name)).id == name
    for name in (f"{MODEL}:Q2_K", f"{MODEL}@nope", f"{MODEL}@{'a' * 40}"):
        with pytest.raises(openai.NotFoundError):
            await client.models.retrieve(name)


async def a_chat(house: House, client: Any) -> None:
    answer = await client.chat.completions.create(model=MODEL, messages=ASKED)
    (choice,) = answer.choices
    assert (answer.object, answer.model, choice.finish_reason) == ("chat.completion", MODEL, "stop")
    assert (choice.message.role, choice.message.content) == ("assistant", "one two three")
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (3, 3, 6)
    assert answer.id.startswith("chatcmpl-")
    assert answer._request_id
    assert answer.steelyard["engine"] == "echo"


async def a_streamed_chat(house: House, client: Any) -> None:
    stream = await client.chat.completions.create(model=MODEL, messages=ASKED, stream=True)
    chunks = [chunk async for chunk in stream]
    assert [chunk.choices[0].delta.content for chunk in chunks] == ["", "one ", "two ", "three", None]
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None, None, None, None, "stop"]
    assert len({chunk.id for chunk in chunks}) == 1
    assert all(chunk.usage is None for chunk in chunks)


async def usage_comes_in_a_chunk_of_its_own(house: House, client: Any) -> None:
    stream = await client.chat.completions.create(
        model=MODEL, messages=ASKED, stream=True, stream_options={"include_usage": True}
    )
    *chunks, last = [chunk async for chunk in stream]
    assert (last.choices, last.usage.total_tokens) == ([], 6)
    assert all(chunk.usage is None and chunk.choices for chunk in chunks)


async def the_bytes_of_a_stream(house: House, client: Any) -> None:
    body = {"model": MODEL, "messages": ASKED, "stream": True, "max_tokens": 1}
    answer = await house.http.post("/v1/chat/completions", json=body)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-accel-buffering"] == "no"
    *events, done, rest = answer.text.split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    chunks = [json.loads(event.removeprefix("data: ")) for event in events]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None, None, "length"]
    assert all("usage" not in chunk for chunk in chunks)


async def the_stream_helper(house: House, client: Any) -> None:
    async with client.chat.completions.stream(model=MODEL, messages=ASKED) as stream:
        said = [event.delta async for event in stream if event.type == "content.delta"]
        final = await stream.get_final_completion()
    assert final.choices[0].message.content == "one two three"
    assert [text for text in said if text] == ["one ", "two ", "three"]


async def answers_in_a_form(house: House, client: Any) -> None:
    parsed = await client.chat.completions.parse(model=MODEL, messages=ASKED, response_format=Echoed)
    assert parsed.choices[0].message.parsed == Echoed(echo="one two three")
    assert echo(house).tally.bodies[-1]["response_format"]["json_schema"]["name"] == "Echoed"
    plain = await client.chat.completions.create(model=MODEL, messages=ASKED, response_format={"type": "json_object"})
    assert json.loads(plain.choices[0].message.content) == {"echo": "one two three"}


async def everything_that_is_known_reaches_the_engine(house: House, client: Any) -> None:
    await client.chat.completions.create(
        model=MODEL, messages=[{"role": "developer", "content": "Be kind."}, *ASKED], temperature=0.5, top_p=0.9,
        max_completion_tokens=5, max_tokens=9, seed=-1, stop="x", presence_penalty=0.1, frequency_penalty=0.2,
        logit_bias={"5": 1}, logprobs=True, top_logprobs=2, tools=[TOOL], tool_choice="auto", n=1, user="someone",
        store=False, metadata={"a": "b"}, parallel_tool_calls=True, service_tier="auto",
        extra_body={"top_k": 7, "min_p": 0.05, "something_new": 1, "timeout": 60, "keep_alive": -1},
    )  # fmt: skip
    sent = echo(house).tally.bodies[-1]
    assert [message["role"] for message in sent["messages"]] == ["system", "user"]
    wanted = {
        "temperature": 0.5, "top_p": 0.9, "max_tokens": 5, "seed": 2**32 - 1, "stop": ["x"], "presence_penalty": 0.1,
        "frequency_penalty": 0.2, "logit_bias": {"5": 1.0}, "logprobs": True, "top_logprobs": 2, "tools": [TOOL],
        "tool_choice": "auto", "top_k": 7, "min_p": 0.05,
    }  # fmt: skip
    assert {name: sent.get(name) for name in wanted} == wanted
    assert not {"user", "something_new", "store", "metadata", "timeout"} & set(sent)
    (loaded,) = (await house.get("/api/v1/engines/loaded"))["models"]
    assert loaded["expires_at"] is None


async def completions(house: House, client: Any) -> None:
    answer = await client.completions.create(model=MODEL, prompt=["one two"], max_tokens=1)
    assert (answer.object, answer.choices[0].text, answer.choices[0].finish_reason) == (
        "text_completion", "one ", "length",
    )  # fmt: skip
    assert answer.usage.total_tokens == 3
    assert echo(house).tally.bodies[-1]["prompt"] == "one two"
    several = await client.completions.create(model=MODEL, prompt=["one two", "three"], max_tokens=5)
    assert [(one.index, one.text) for one in several.choices] == [(0, "one two"), (1, "three")]
    assert (several.usage.prompt_tokens, several.usage.completion_tokens) == (3, 3)
    event = (await events(house, "generation_completed"))[0]
    assert (event["tokens_in"], event["tokens_out"]) == (3, 3), "one request in the log, with all its tokens"
    stream = await client.completions.create(
        model=MODEL, prompt="one two", stream=True, stream_options={"include_usage": True}
    )
    *chunks, last = [chunk async for chunk in stream]
    assert "".join(chunk.choices[0].text for chunk in chunks) == "one two"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert (last.choices, last.usage.total_tokens) == ([], 4)


async def embeddings_come_as_the_client_asks(house: House, client: Any) -> None:
    packed = await client.embeddings.create(model=MODEL, input=["one", "two"])
    plain = await client.embeddings.create(model=MODEL, input=["one", "two"], encoding_format="float")
    assert [one.index for one in packed.data] == [0, 1]
    for ours, theirs in zip(packed.data, plain.data, strict=True):
        assert ours.embedding == pytest.approx(theirs.embedding, abs=1e-6)
    assert (packed.model, packed.usage.prompt_tokens, packed.usage.total_tokens) == (MODEL, 2, 2)
    (short,) = (await client.embeddings.create(model=MODEL, input="one", dimensions=2)).data
    assert len(short.embedding) == 2
    raw = await house.http.post("/v1/embeddings", json={"model": MODEL, "input": "one"})
    assert isinstance(raw.json()["data"][0]["embedding"], list)


async def raw_answers_and_their_headers(house: House, client: Any) -> None:
    raw = await client.chat.completions.with_raw_response.create(
        model=MODEL, messages=ASKED, extra_headers={"X-Request-ID": "mine-1"}
    )
    assert raw.headers["x-request-id"] == "mine-1"
    assert raw.parse().choices[0].message.content == "one two three"


async def the_client_without_async(house: House, client: Any) -> None:
    def ask() -> str:
        with openai.OpenAI(base_url=f"{house.http.base_url}/v1", api_key="sk-none") as client:
            stream = client.chat.completions.create(model=MODEL, messages=ASKED, stream=True)
            return "".join(chunk.choices[0].delta.content or "" for chunk in stream)

    assert await asyncio.to_thread(ask) == "one two three"


async def what_was_asked_is_in_the_log_as_ever_and_the_key_is_nowhere(house: House, client: Any) -> None:
    async with openai.AsyncOpenAI(base_url=f"{house.http.base_url}/v1", api_key="sk-somebodys-secret") as client:
        await client.chat.completions.create(model=MODEL, messages=ASKED)
    (event,) = await events(house, "generation_completed")
    assert (event["model"], event["tokens_in"], event["tokens_out"]) == (MODEL, 3, 3)
    assert "sk-somebodys-secret" not in json.dumps(await house.get("/api/v1/events"))
    assert "sk-somebodys-secret" not in json.dumps(echo(house).tally.bodies)


async def test_chats(house: House, client: Any) -> None:
    for check in (
        what_was_asked_is_in_the_log_as_ever_and_the_key_is_nowhere,
        a_chat,
        a_streamed_chat,
        usage_comes_in_a_chunk_of_its_own,
        the_bytes_of_a_stream,
        the_stream_helper,
        answers_in_a_form,
        raw_answers_and_their_headers,
        the_client_without_async,
    ):
        await check(house, client)


async def test_everything_else(house: House, client: Any) -> None:
    for check in (
        everything_that_is_known_reaches_the_engine,
        completions,
        embeddings_come_as_the_client_asks,
        models_are_listed_under_all_their_names,
    ):
        await check(house, client)


async def test_leaving_a_stream_stops_the_generation(house: House, client: Any) -> None:
    behave(house, endless=True, token_seconds=0.005)
    stream = await client.chat.completions.create(model=MODEL, messages=ASKED, stream=True)
    async for chunk in stream:
        if chunk.choices[0].delta.content:
            break
    assert echo(house).tally.running == 1
    await stream.close()
    await idle(house)


async def test_leaving_before_the_first_piece_stops_it_too(house: House, client: Any) -> None:
    await client.chat.completions.create(model=MODEL, messages=ASKED)
    behave(house, prefill_seconds=60.0)
    asking = asyncio.create_task(client.chat.completions.create(model=MODEL, messages=ASKED, stream=True))
    await until(lambda: echo(house).tally.running == 1, "it is generating")
    asking.cancel()
    await asyncio.wait([asking])
    await idle(house)


async def until(true: Callable[[], bool], what: str) -> None:
    """Wait until something is so."""

    async def is_so() -> bool:
        return true()

    await eventually(is_so, what, 10.0)


async def idle(house: House) -> None:
    """Nothing is generated, nobody holds the model, and the log says that the client left."""
    await until(lambda: echo(house).tally.running == 0, "generation stopped")
    state = house.depot.serving.service.state
    await until(lambda: all(one.in_flight == 0 for one in state().loaded), "nobody holds the model")

    async def told() -> bool:
        return [event["error_code"] for event in await events(house, "generation_failed")] == ["client-left"]

    await eventually(told, "it is in the log")
