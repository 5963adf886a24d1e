"""Streams: their lines, errors before and within them, and that every answer is closed."""

import json
from typing import Any

import pytest

from steelyard.core.errors import SteelyardError
from steelyard.dialects.openai.chat import ChatShape
from steelyard.dialects.openai.head import Head
from steelyard.dialects.openai.stream import DONE, Started
from steelyard.engines.errors import EngineFailed, PromptTooLong
from steelyard.http.closing import Last
from steelyard.serving.models import ChatAsk, Piece
from steelyard.testing.serving import HandAnswer, Script

ASK = ChatAsk("tiny", [{"role": "user", "content": "hi"}])


def shape() -> ChatShape:
    return ChatShape(Head("id-1", "tiny", 5))


async def lines(*pieces: Piece | SteelyardError, tells_usage: bool = False) -> list[str]:
    started = Started(HandAnswer(Script(pieces), ASK))
    await started.begin()
    sent = [line async for line in started.events(shape(), tells_usage=tells_usage)]
    assert [isinstance(one, Last) for one in sent] == [*[False] * (len(sent) - 1), True], "clients read no further"
    text = "".join(one.decode() if isinstance(one, bytes) else one for one in sent)
    return [f"{line}\n\n" for line in text.removesuffix("\n\n").split("\n\n")]


def chunk(line: str) -> dict[str, Any]:
    assert line.startswith("data: ")
    assert line.endswith("\n\n")
    return dict(json.loads(line[6:]))


async def test_a_stream_ends_with_done() -> None:
    *chunks, done = await lines(Piece("Hello"), Piece(" there"))
    assert done == DONE == "data: [DONE]\n\n"
    deltas = [chunk(line)["choices"][0]["delta"].get("content") for line in chunks]
    assert deltas == ["", "Hello", " there", None]
    assert all("usage" not in chunk(line) for line in chunks)


async def test_an_answer_without_words_is_whole_too() -> None:
    *chunks, done = await lines()
    assert (len(chunks), done) == (2, DONE)


async def test_usage_comes_last_and_is_null_before() -> None:
    *chunks, last, done = await lines(Piece("Hello"), tells_usage=True)
    assert [chunk(line)["usage"] for line in chunks] == [None, None, None]
    assert (chunk(last)["choices"], chunk(last)["usage"]["total_tokens"], done) == ([], 5, DONE)


async def test_an_error_within_it_is_a_chunk_before_done() -> None:
    *_, error, done = await lines(Piece("Hello"), EngineFailed("It stopped.", hint="Try again."), tells_usage=True)
    assert chunk(error) == {
        "error": {"message": "It stopped. Try again.", "type": "server_error", "param": None, "code": "engine-failed"}
    }
    assert done == DONE


async def test_an_error_before_the_first_piece_is_no_stream_and_the_answer_is_closed() -> None:
    answer = HandAnswer(Script([PromptTooLong("Too long.")]), ASK)
    with pytest.raises(PromptTooLong):
        await Started(answer).begin()
    assert answer.is_closed


async def test_pieces_are_taken_as_they_are_sent() -> None:
    answer = HandAnswer(Script([Piece("a"), Piece("b"), Piece("c")]), ASK)
    started = Started(answer)
    await started.begin()
    events = started.events(shape(), tells_usage=False)
    await anext(events)
    assert answer.given == 1
    await events.aclose()
    await answer.close()
    assert (answer.given, answer.is_closed) == (1, True)
