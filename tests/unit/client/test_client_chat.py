import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import httpx2
import pytest

from steelyard.client import ApiError, Client, NotFound, ServerUnreachable, TooManyRequests, UnexpectedAnswer

Depot = Callable[..., tuple[Client, list[httpx2.Request]]]
LAST: dict[str, Any] = {
    "delta": {}, "done": True, "done_reason": "stop", "model": "m", "engine": "echo", "notes": [], "session": None,
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}  # fmt: skip


def piece(text: str) -> dict[str, Any]:
    return {"delta": {"content": text}, "done": False}


def stream(*chunks: Any) -> httpx2.Response:
    text = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)
    return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=text.encode())


def problem(status: int) -> dict[str, Any]:
    return {"type": "some-slug", "title": "Title", "status": status, "detail": "What happened.", "hint": "Do this."}


def test_a_question_and_its_answer(depot: Depot) -> None:
    answer = {"model": "m", "message": {"role": "assistant", "content": "Hello"}, "done": True}
    client, requests = depot(httpx2.Response(200, json=answer))

    assert client.chat.ask("m", "hi", max_tokens=5, stop=["x"], seed=None)["message"]["content"] == "Hello"
    assert (requests[0].method, requests[0].url.path) == ("POST", "/chat")
    assert json.loads(requests[0].content) == {
        "model": "m", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 5, "stop": ["x"],
    }  # fmt: skip


@pytest.mark.parametrize(("given", "seconds"), [({}, 135.0), ({"timeout": 600.0}, 615.0), ({"timeout": 1.0}, 16.0)])
def test_it_waits_for_as_long_as_the_depot_may_take(depot: Depot, given: Any, seconds: float) -> None:
    client, requests = depot(httpx2.Response(200, json={"model": "m"}), stream(LAST))

    client.chat.ask("m", "hi", **given)
    list(client.chat.stream("m", "hi", **given))

    assert [request.extensions["timeout"]["read"] for request in requests] == [seconds, seconds]
    assert [request.extensions["timeout"]["connect"] for request in requests] == [30.0, 30.0]


def test_a_stream_gives_the_pieces_and_how_it_ended(depot: Depot) -> None:
    client, requests = depot(stream(piece("Hel"), piece("lo"), LAST))

    *pieces, last = client.chat.stream("m", [{"role": "user", "content": "hi"}], session="trip")

    assert [chunk["delta"]["content"] for chunk in pieces] == ["Hel", "lo"]
    assert (last["done_reason"], last["usage"]["completion_tokens"]) == ("stop", 2)
    body = json.loads(requests[0].content)
    assert (body["stream"], body["session"], body["messages"]) == (True, "trip", [{"role": "user", "content": "hi"}])
    assert requests[0].headers["accept"] == "text/event-stream"


def test_closing_it_early_hangs_up(depot: Depot) -> None:
    read, closed = list[str](), list[bool]()

    def endless() -> Iterator[bytes]:
        try:
            while True:
                read.append("piece")
                yield f"data: {json.dumps(piece('on '))}\n\n".encode()
        finally:
            closed.append(True)

    client, _ = depot(httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=endless()))

    with closing(client.chat.stream("m", "hi")) as chunks:
        next(chunks)
        next(chunks)

    assert (len(read), closed) == (2, [True])


@pytest.mark.parametrize(
    ("status", "kind"), [(404, NotFound), (408, ApiError), (429, TooManyRequests), (503, ApiError)]
)
def test_an_error_in_the_stream_is_raised_as_any_other(depot: Depot, status: int, kind: type[ApiError]) -> None:
    client, requests = depot(stream(piece("a"), {"delta": {}, "done": True, "error": problem(status)}))
    chunks = client.chat.stream("m", "hi")
    next(chunks)

    with pytest.raises(kind) as caught:
        next(chunks)

    error = caught.value
    assert (error.status, error.slug, error.detail, error.hint) == (status, "some-slug", "What happened.", "Do this.")
    assert len(requests) == 1


def test_an_error_before_it_is_raised_and_not_tried_again(depot: Depot) -> None:
    refused = httpx2.Response(503, json=problem(503), headers={"content-type": "application/problem+json"})
    client, requests = depot(refused)

    with pytest.raises(ApiError, match="What happened"):
        list(client.chat.stream("m", "hi"))
    assert len(requests) == 1


def test_a_stream_without_an_end_says_so(depot: Depot) -> None:
    client, _ = depot(stream(piece("a")))
    chunks = client.chat.stream("m", "hi")

    assert next(chunks)["delta"]["content"] == "a"
    with pytest.raises(ServerUnreachable, match="broke off"):
        next(chunks)


@pytest.mark.parametrize("said", [7, {"status": "running"}, {"delta": 3}])
def test_what_is_no_piece_is_nobodys_answer(depot: Depot, said: Any) -> None:
    client, _ = depot(stream(said))

    with pytest.raises(UnexpectedAnswer):
        list(client.chat.stream("m", "hi"))


def test_an_option_that_there_is_not_is_refused_and_not_left_out(depot: Depot) -> None:
    client, requests = depot()

    with pytest.raises(TypeError, match="no such option: temprature"):
        client.chat.ask("m", "hi", temprature=0.5)  # type: ignore[call-arg]
    assert requests == []


def test_loading_asks_nothing(depot: Depot) -> None:
    client, requests = depot(httpx2.Response(200, json={"model": "m", "done_reason": "load"}))

    assert client.chat.load("m", keep_alive=-1)["done_reason"] == "load"
    assert json.loads(requests[0].content) == {"model": "m", "messages": [], "keep_alive": -1}
