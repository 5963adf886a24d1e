"""Answers and chunks: those of chats and of completions, and vectors."""

import base64
import struct
from typing import Any

from steelyard.dialects.openai.chat import ChatShape
from steelyard.dialects.openai.head import Head
from steelyard.dialects.openai.text import TextShape
from steelyard.dialects.openai.vectors import to_base64, vectors_json
from steelyard.serving.models import Embedded, Ending, Piece, Timings, Usage

HEAD = Head("id-1", "tiny", 5)
END = Ending("stop", Usage(3, 2), Timings(), "echo", "org/tiny", ("a note",))


def token(text: str) -> dict[str, Any]:
    return {"token": text, "logprob": -0.5, "bytes": None, "top_logprobs": [{"token": text, "logprob": -0.5}]}


def call(index: int | None, name: str | None, arguments: str) -> dict[str, Any]:
    numbered = {} if index is None else {"index": index}
    return {**numbered, "id": name and f"call-{name}", "function": {"name": name, "arguments": arguments}}


def test_a_whole_chat() -> None:
    told = ChatShape(HEAD).whole([Piece("Hel"), Piece("lo", reasoning="hm")], END)
    assert (told["id"], told["object"], told["created"], told["model"]) == ("id-1", "chat.completion", 5, "tiny")
    (choice,) = told["choices"]
    assert choice["message"] == {
        "role": "assistant", "content": "Hello", "refusal": None, "reasoning_content": "hm",
    }  # fmt: skip
    assert (choice["index"], choice["finish_reason"], choice["logprobs"]) == (0, "stop", None)
    assert told["usage"] == {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    assert told["steelyard"]["notes"] == ["a note"]


def test_tool_calls_are_put_together_and_stand_without_words() -> None:
    pieces = [Piece(tool_calls=(call(0, "look", '{"a"'),)), Piece(tool_calls=(call(0, None, ": 1}"),))]
    message = ChatShape(HEAD).whole(pieces, END)["choices"][0]["message"]
    assert message["content"] is None
    assert message["tool_calls"] == [
        {"id": "call-look", "type": "function", "function": {"name": "look", "arguments": '{"a": 1}'}}
    ]


def test_tool_calls_in_chunks_have_an_index() -> None:
    chunk = ChatShape(HEAD).piece(Piece(tool_calls=(call(None, "a", ""), call(None, "b", ""))))
    assert [one["index"] for one in chunk["choices"][0]["delta"]["tool_calls"]] == [0, 1]
    kept = ChatShape(HEAD).piece(Piece(tool_calls=(call(3, "a", ""),)))
    assert kept["choices"][0]["delta"]["tool_calls"][0]["index"] == 3


def test_chunks_of_a_chat() -> None:
    shape = ChatShape(HEAD)
    opening, piece, last = (
        shape.opening(),
        shape.piece(Piece("Hi", logprobs={"content": [token("Hi")]})),
        shape.last(END),
    )
    assert opening is not None
    assert opening["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert piece["choices"][0]["delta"] == {"content": "Hi"}
    assert piece["choices"][0]["logprobs"] == {"content": [token("Hi")]}
    assert (last["choices"][0]["delta"], last["choices"][0]["finish_reason"]) == ({}, "stop")
    usage = shape.usage(END)
    assert (usage["choices"], usage["usage"]["total_tokens"]) == ([], 5)
    assert {chunk["object"] for chunk in (opening, piece, last, usage)} == {"chat.completion.chunk"}


def test_logprobs_of_a_whole_chat() -> None:
    pieces = [Piece(text, logprobs={"content": [token(text)]}) for text in ("a", "b")]
    told = ChatShape(HEAD).whole(pieces, END)["choices"][0]["logprobs"]
    assert told == {"content": [token("a"), token("b")], "refusal": None}


def test_completions_have_logprobs_in_the_old_form() -> None:
    pieces = [Piece("one ", logprobs={"content": [token("one ")]}), Piece("two", logprobs={"content": [token("two")]})]
    expected = {
        "tokens": ["one ", "two"], "token_logprobs": [-0.5, -0.5], "top_logprobs": [{"one ": -0.5}, {"two": -0.5}],
        "text_offset": [0, 4],
    }  # fmt: skip
    whole = TextShape(HEAD).whole(pieces, END)
    assert (whole["object"], whole["choices"][0]["text"]) == ("text_completion", "one two")
    assert whole["choices"][0]["logprobs"] == expected
    shape = TextShape(HEAD)
    offsets = [shape.piece(piece)["choices"][0]["logprobs"]["text_offset"] for piece in pieces]
    assert offsets == [[0], [4]]
    old = {"tokens": ["a"], "token_logprobs": [-1.0], "top_logprobs": None}
    told = TextShape(HEAD).piece(Piece("a", logprobs=old))["choices"][0]["logprobs"]
    assert told == {"tokens": ["a"], "token_logprobs": [-1.0], "top_logprobs": [], "text_offset": [0]}


def test_a_completion_opens_with_nothing_and_ends() -> None:
    shape = TextShape(HEAD)
    assert shape.opening() is None
    assert shape.last(END)["choices"] == [{"index": 0, "text": "", "logprobs": None, "finish_reason": "stop"}]


def test_vectors() -> None:
    embedded = Embedded("org/tiny", [[0.25, -0.5], [1.0, 0.0]], Usage(4), Timings())
    told = vectors_json(embedded, "tiny", is_base64=False)
    assert [one["embedding"] for one in told["data"]] == [[0.25, -0.5], [1.0, 0.0]]
    assert [(one["object"], one["index"]) for one in told["data"]] == [("embedding", 0), ("embedding", 1)]
    assert (told["model"], told["usage"]) == ("tiny", {"prompt_tokens": 4, "total_tokens": 4})
    packed = vectors_json(embedded, "tiny", is_base64=True)["data"][0]["embedding"]
    assert packed == to_base64([0.25, -0.5])
    assert struct.unpack("<2f", base64.b64decode(packed)) == (0.25, -0.5)
