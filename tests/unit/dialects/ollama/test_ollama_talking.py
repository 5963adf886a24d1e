"""The calls that ask a model, over a serving that a test plays."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from steelyard.core.errors import SteelyardError
from steelyard.db.database import Database
from steelyard.dialects.ollama.errors import of_problem, refusal
from steelyard.dialects.ollama.talking import TalkCalls
from steelyard.engines.errors import EngineFailed
from steelyard.identity.people import People
from steelyard.serving.errors import QueueFull
from steelyard.serving.models import Piece, Timings, Usage
from steelyard.testing.clock import HandClock
from steelyard.testing.serving import HandServing, Script

ASKED = {"model": "tiny", "messages": [{"role": "user", "content": "hello"}]}
LOOK = {"index": 0, "id": "a", "function": {"name": "look", "arguments": "{}"}}


@pytest.fixture
def serving() -> HandServing:
    return HandServing()


@pytest.fixture
async def http(serving: HandServing, database: Database) -> AsyncIterator[httpx2.AsyncClient]:
    clock = HandClock()
    talk = TalkCalls(serving, People(database, clock), clock)

    async def chat(request: Request) -> Response:
        try:
            return await talk.chat(request)
        except SteelyardError as error:
            return refusal(error, "tiny")

    app = Starlette(routes=[Route("/api/chat", chat, methods=["POST"])])
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1") as http:
        yield http


async def lines(http: httpx2.AsyncClient, **more: Any) -> list[dict[str, Any]]:
    answer = await http.post("/api/chat", json=ASKED | more)
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_times_are_nanoseconds_and_notes_are_told(http: httpx2.AsyncClient, serving: HandServing) -> None:
    serving.script = Script(usage=Usage(7, 2), notes=("plain",), timings=Timings(1.0, 2.0, 5.0, 10.0))
    *_, last = await lines(http)
    assert (last["total_duration"], last["load_duration"]) == (10_000_000, 2_000_000)
    assert (last["prompt_eval_duration"], last["eval_duration"]) == (2_000_000, 5_000_000)
    assert (last["prompt_eval_count"], last["eval_count"], last["notes"]) == (7, 2, ["plain"])
    assert serving.answers[0].is_closed


async def test_tools_are_called_whole_and_at_the_end(http: httpx2.AsyncClient, serving: HandServing) -> None:
    serving.script = Script([Piece("a", tool_calls=[LOOK]), Piece("b")], finish="tool_calls")
    *said, called, last = await lines(http)
    assert [one["message"]["content"] for one in said] == ["a", "b"]
    assert called["message"]["tool_calls"] == [{"id": "a", "function": {"index": 0, "name": "look", "arguments": {}}}]
    assert last["done_reason"] == "stop"
    (whole,) = await lines(http, stream=False)
    assert (whole["message"]["content"], len(whole["message"]["tool_calls"]), whole["done"]) == ("ab", 1, True)


async def test_thinking_is_shown_unless_nobody_wants_it(http: httpx2.AsyncClient, serving: HandServing) -> None:
    serving.script = Script([Piece(reasoning="hm"), Piece("yes")])
    first, *_ = await lines(http)
    assert first["message"] == {"role": "assistant", "content": "", "thinking": "hm"}
    first, *_ = await lines(http, think=False)
    assert first["message"] == {"role": "assistant", "content": "yes"}


async def test_errors_have_a_status_before_the_first_line_and_are_one_after(
    http: httpx2.AsyncClient, serving: HandServing
) -> None:
    serving.script = Script(refusal=QueueFull("Too many.", hint="Wait.", retry_after=3.2))
    answer = await http.post("/api/chat", json=ASKED)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "4")
    assert answer.json() == {"error": "Too many. Wait."}
    serving.script = Script([EngineFailed("It broke.")])
    assert (await http.post("/api/chat", json=ASKED)).status_code == 503
    serving.script = Script([Piece("a"), EngineFailed("It broke.")])
    first, last = await lines(http)
    assert (first["message"]["content"], last) == ("a", {"error": "It broke."})
    assert all(one.is_closed for one in serving.answers)


async def test_unloading_asks_for_no_answer(http: httpx2.AsyncClient, serving: HandServing) -> None:
    serving.put_into_memory("tiny")
    (told,) = await lines(http, messages=[], keep_alive=0)
    assert (told["done_reason"], serving.unloaded, serving.asked) == ("unload", ["tiny"], [])


def test_problems_of_others_are_texts() -> None:
    told = of_problem(422, {"detail": "No.", "hint": "Yes."})
    assert (told.status, told.body) == (400, {"error": "No. Yes."})
    assert of_problem(404, {"title": "Not Found"}).body == {"error": "Not Found"}
    assert of_problem(400, {"detail": "No", "hint": "Yes."}).body == {"error": "No. Yes."}
