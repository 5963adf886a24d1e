"""Asking a model over HTTP: plain and streamed, refused, timed out, written down."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from steelyard.testing.hub import StandInHub
from tests.flows.chatting import MODEL, behave, chat, chatting_house, echo, events, stream, weights
from tests.flows.house import House, eventually, slug


@pytest.fixture
async def house(hub: StandInHub, home: Path) -> AsyncIterator[House]:
    async with chatting_house(hub, home) as house:
        yield house


async def a_plain_answer_has_the_shape_that_programs_rely_on(house: House) -> None:
    answer = await chat(house)
    assert answer["message"] == {"role": "assistant", "content": "one two three"}
    assert (answer["model"], answer["done"], answer["done_reason"], answer["engine"]) == (MODEL, True, "stop", "echo")
    assert answer["usage"] == {"prompt_tokens": 3, "completion_tokens": 3, "total_tokens": 6}
    assert answer["timings"]["total_ms"] >= answer["timings"]["first_token_ms"] > 0
    assert answer["notes"] == []


async def a_stream_ends_with_usage_and_timings(house: House) -> None:
    *pieces, last = await stream(house)
    assert pieces == [{"delta": {"content": word}, "done": False} for word in ("one ", "two ", "three")]
    assert (last["delta"], last["done"], last["usage"]["completion_tokens"]) == ({}, True, 3)


async def sampling_reaches_the_engine(house: House) -> None:
    answer = await chat(house, max_tokens=2, temperature=0.5, seed=7, stop="x")
    assert (answer["message"]["content"], answer["done_reason"]) == ("one two ", "length")
    sent = echo(house).tally.bodies[-1]
    assert (sent["max_tokens"], sent["temperature"], sent["seed"], sent["stop"]) == (2, 0.5, 7, ["x"])
    assert sent["stream"] is True


async def one_event_tells_all_of_it_and_none_of_its_words(house: House) -> None:
    await chat(house, "a secret question", temperature=0.5, stop=["secret"])
    (event,) = await events(house, "generation_completed")
    assert (event["model"], event["success"], event["tokens_in"], event["tokens_out"]) == (MODEL, True, 3, 3)
    assert event["parameters"] == {"temperature": 0.5, "messages": 1, "engine": "echo", "finish": "stop"}
    assert event["load_ms"] > 0
    assert event["first_token_ms"] <= event["duration_ms"]
    (load,) = await events(house, "model_load")
    assert (load["model"], load["success"], load["parameters"]["engine"]) == (MODEL, True, "echo")
    assert "secret" not in str(await house.get("/api/v1/events"))


async def a_model_that_is_not_here_is_a_404_with_the_pull_command(house: House) -> None:
    problem = await chat(house, expect=404, model="org/other")
    assert slug(problem) == "model-missing"
    assert 'POST /pull {"model": "org/other"}' in problem["hint"]
    event = (await events(house, "generation_failed"))[0]
    assert (event["model"], event["success"], event["error_code"]) == ("org/other", False, "model-missing")


async def time_out_is_408_and_the_engine_is_idle_after(house: House) -> None:
    behave(house, endless=True, token_seconds=0.01)
    problem = await chat(house, expect=408, timeout=1)
    assert slug(problem) == "generation-timeout"
    assert echo(house).tally.running == 0
    event = (await events(house, "generation_failed"))[0]
    assert (event["error_code"], event["success"]) == ("generation-timeout", False)
    assert event["tokens_out"] > 0


async def time_out_in_a_stream_is_an_error_chunk(house: House) -> None:
    behave(house, endless=True, token_seconds=0.01)
    *_, last = await stream(house, timeout=1)
    assert (last["done"], last["error"]["status"], last["error"]["type"]) == (True, 408, "generation-timeout")
    event = (await events(house, "generation_failed"))[0]
    assert (event["error_code"], event["success"]) == ("generation-timeout", False)


async def test_time_out_while_it_is_loaded(house: House) -> None:
    behave(house, load_seconds=30.0)
    assert slug(await chat(house, expect=408, timeout=1)) == "generation-timeout"


async def what_makes_no_sense_is_422(house: House) -> None:
    for seconds in (0.5, 601):
        problem = await chat(house, expect=422, timeout=seconds)
        assert problem["errors"][0]["field"] == "timeout", seconds
    assert slug(await chat(house, expect=422, top_g=1)) == "invalid"
    for content in (b'{"a": NaN, "text": "b", "type": "text"}', b'{"type": "text", "text": "\\ud83d"}'):
        data = b'{"model": "%s", "session": "n", "messages": [{"role": "user", "content": [%s]}]}'
        answer = await house.http.post("/chat", content=data % (MODEL.encode(), content))
        assert (answer.status_code, slug(answer.json())) == (422, "invalid"), content


async def what_an_engine_would_fetch_is_400(house: House) -> None:
    began = echo(house).tally.begun
    for part in (
        {"type": "image_url", "image_url": {"url": "http://169.254.169.254/"}}, {"type": "video_url"},
    ):  # fmt: skip
        problem = await chat(house, expect=400, messages=[{"role": "user", "content": [part]}])
        assert slug(problem) == "bad-content", part
    assert echo(house).tally.begun == began, "it reached no engine"
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    asked = {"role": "user", "content": [{"type": "text", "text": "Hm?"}, picture]}
    said = [{"role": "developer", "content": "Be kind."}, asked]
    await chat(house, messages=said)
    assert echo(house).tally.bodies[-1]["messages"] == [{"role": "system", "content": "Be kind."}, said[1]]


async def an_error_of_the_engine_before_the_first_piece_has_a_status(house: House) -> None:
    behave(house, context=2)
    assert slug(await chat(house, expect=400)) == "prompt-too-long"
    behave(house, context=None)


async def an_error_of_the_engine_after_it_travels_in_the_stream(house: House) -> None:
    behave(house, error_after=1)
    first, last = await stream(house)
    assert first["delta"] == {"content": "one "}
    assert last["error"]["type"] == "engine-failed"
    behave(house, error_after=None)


async def test_an_engine_that_dies_is_started_anew_by_the_next_request(house: House) -> None:
    behave(house, endless=True, token_seconds=0.01)
    first = await chat(house, timeout=1, expect=408)
    await echo(house).loaded[0].crash()
    behave(house, endless=False)
    assert first["status"] == 408

    async def gone() -> bool:
        return bool((await house.get("/api/v1/engines/loaded"))["count"] == 0)

    await eventually(gone, "the dead engine is no longer listed")
    assert (await chat(house))["message"]["content"] == "one two three"
    assert [one["success"] for one in await events(house, "model_unload")] == [False]
    assert len(await events(house, "model_load")) == 2


async def test_a_load_that_fails_is_told_and_cools_down(house: House) -> None:
    behave(house, load_error=ValueError("a bug"))
    problem = await chat(house, expect=503)
    assert slug(problem) == "engine-failed"
    assert "a bug" not in str(problem)
    answer = await house.http.post("/chat", json={"model": MODEL, "messages": [{"role": "user", "content": "x"}]})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) in range(1, 16)
    (load,) = await events(house, "model_load")
    assert (load["success"], load["error_code"]) == (False, "load-failed")


async def test_what_can_never_fit_is_507(hub: StandInHub, home: Path) -> None:
    async with chatting_house(hub, home, engines__budget_bytes=100) as house:
        assert slug(await chat(house, expect=507)) == "too-large"


async def no_messages_only_load(house: House) -> None:
    answered = len(await events(house, "generation_completed"))
    answer = await chat(house, messages=[])
    assert (answer["done_reason"], answer["message"]["content"]) == ("load", "")
    assert (await house.get("/api/v1/engines/loaded"))["models"][0]["model"] == MODEL
    assert len(await events(house, "generation_completed")) == answered


async def variants_and_aliases_name_what_answers(house: House) -> None:
    answer = await house.http.patch(f"/api/models/{MODEL}", json={"aliases": ["polly"]})
    assert answer.status_code == 200, answer.text
    assert (await chat(house, model="polly"))["model"] == MODEL
    assert (await chat(house, model=f"{MODEL}:Q8_0"))["model"] == MODEL
    loaded = await house.get("/api/v1/engines/loaded")
    assert sorted(one["model"] for one in loaded["models"]) == [MODEL, f"{MODEL}:Q8_0"]
    problem = await chat(house, expect=404, model=f"{MODEL}:Q2_K")
    assert "Q4_0, Q8_0" in problem["hint"]


async def unload_by_hand(house: House) -> None:
    await chat(house)
    answer = await house.http.post("/api/v1/engines/unload", json={"model": MODEL})
    assert answer.json() == {"model": MODEL, "unloaded": True}

    async def gone() -> bool:
        return echo(house).loaded == []

    await eventually(gone, "it left memory")
    again = await house.http.post("/api/v1/engines/unload", json={"model": MODEL})
    assert again.json()["unloaded"] is False

    async def told() -> bool:  # nobody waits for this event
        return bool(await events(house, "model_unload"))

    await eventually(told, "the log tells of it")
    event = (await events(house, "model_unload"))[0]
    assert (event["success"], event["parameters"]["reason"]) == (True, "dismissed")


async def engines_tell_whether_they_work(house: House) -> None:
    assert await house.get("/api/v1/engines") == {
        "count": 1, "engines": [{"name": "echo", "usable": True, "reason": None, "hint": None}],
    }  # fmt: skip


async def an_inactive_model_is_refused_and_leaves_and_a_new_name_does_nothing(house: House) -> None:
    await chat(house)
    loads = len(await events(house, "model_load"))
    await house.http.patch(f"/api/models/{MODEL}", json={"name": "Polly", "tags": ["bird"]})
    assert (await chat(house))["message"]["content"] == "one two three"
    assert len(await events(house, "model_load")) == loads
    await house.http.patch(f"/api/models/{MODEL}", json={"status": "inactive"})
    assert slug(await chat(house, expect=409)) == "model-inactive"

    async def gone() -> bool:
        return echo(house).loaded == []

    await eventually(gone, "it left memory")


async def a_deleted_model_is_refused_at_once(house: House) -> None:
    await house.http.patch(f"/api/models/{MODEL}", json={"status": "active"})
    await chat(house)
    assert (await house.http.delete(f"/api/models/{MODEL}")).status_code == 200
    assert slug(await chat(house, expect=404)) == "model-missing"


async def test_asking_one_thing_after_another(house: House) -> None:
    for check in (
        one_event_tells_all_of_it_and_none_of_its_words,
        a_plain_answer_has_the_shape_that_programs_rely_on,
        a_stream_ends_with_usage_and_timings,
        sampling_reaches_the_engine,
        no_messages_only_load,
        what_makes_no_sense_is_422,
        what_an_engine_would_fetch_is_400,
        a_model_that_is_not_here_is_a_404_with_the_pull_command,
        an_error_of_the_engine_before_the_first_piece_has_a_status,
        an_error_of_the_engine_after_it_travels_in_the_stream,
        variants_and_aliases_name_what_answers,
        engines_tell_whether_they_work,
    ):
        await check(house)


async def test_time_outs(house: House) -> None:
    for check in (
        time_out_is_408_and_the_engine_is_idle_after,
        time_out_in_a_stream_is_an_error_chunk,
    ):
        await check(house)


async def test_leaving_memory(house: House) -> None:
    for check in (
        unload_by_hand,
        an_inactive_model_is_refused_and_leaves_and_a_new_name_does_nothing,
        a_deleted_model_is_refused_at_once,
    ):
        await check(house)


async def test_auto_pull_brings_what_is_not_here(hub: StandInHub, home: Path) -> None:
    hub.add("org/late", {"late-Q8_0.gguf": weights(5)})
    async with chatting_house(hub, home, serving__auto_pull=True) as house:
        assert (await chat(house, model="org/late"))["model"] == "org/late"
