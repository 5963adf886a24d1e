"""Answers that are kept."""

import sys
from typing import Any

import pytest

from steelyard.serving.conversation import Conversation
from steelyard.serving.errors import SessionTooLarge
from steelyard.serving.models import ChatAsk, Piece
from steelyard.testing.serving import HandAnswer, Script


class Book:
    """What was written down."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []

    async def add(self, messages: Any) -> None:
        self.said += messages


def part(index: int, **more: Any) -> dict[str, Any]:
    return {"index": index, "function": more} | ({"id": f"c{index}"} if "name" in more else {})


async def test_calls_of_functions_are_kept_whole_so_that_their_answers_have_something_to_answer() -> None:
    book, question = Book(), {"role": "user", "content": "2 + 2?"}
    pieces = [
        Piece("Let me see."), Piece(tool_calls=[part(0, name="add", arguments='{"a": ')]),
        Piece(tool_calls=[part(0, arguments="2}"), part(1, name="look", arguments="{}")]),
    ]  # fmt: skip
    answer = Conversation(HandAnswer(Script(pieces), ChatAsk("tiny", [question])), book, [question])
    assert [piece async for piece in answer.pieces()] == pieces
    await answer.close()
    assert book.said == [question, {
        "role": "assistant", "content": "Let me see.", "tool_calls": [
            {"id": "c0", "type": "function", "function": {"name": "add", "arguments": '{"a": 2}'}},
            {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}},
        ],
    }]  # fmt: skip


async def test_an_answer_in_words_is_words_alone() -> None:
    book = Book()
    answer = Conversation(HandAnswer(Script(), ChatAsk("tiny")), book, [])
    assert len([piece async for piece in answer.pieces()]) == 0
    assert book.said == [{"role": "assistant", "content": ""}]


class FullBook:
    """Takes nothing."""

    async def add(self, _messages: Any) -> None:
        raise SessionTooLarge("full")


async def test_an_answer_that_could_not_be_kept_ends_with_why() -> None:
    """Whoever reads it may have caught the error before the answer is closed."""
    heard: list[BaseException | None] = []

    class Listening(HandAnswer):
        async def close(self) -> None:
            heard.append(sys.exception())
            await super().close()

    answer = Listening(Script([Piece("a")]), ChatAsk("tiny", [{"role": "user", "content": "a"}]))
    conversation = Conversation(answer, FullBook(), [])
    with pytest.raises(SessionTooLarge):
        [piece async for piece in conversation.pieces()]
    await conversation.close()
    assert isinstance(heard[0], SessionTooLarge)
