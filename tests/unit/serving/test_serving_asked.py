"""Bodies of the native routes: what cannot be written as JSON comes no further."""

import json
import math
from typing import Any

import pytest
from pydantic import ValidationError

from steelyard.serving.asked import ChatBody

HALF = "\ud83d"


def body(**more: Any) -> ChatBody:
    return ChatBody.model_validate({"model": "tiny", "messages": [{"role": "user", "content": "hi"}], **more})


def said(content: Any, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content, **more}]}


def deep(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "more",
    [
        said(f"a{HALF}"), said([{"type": "text", "text": HALF}]), said([{"type": "text", "text": "a", "x": math.nan}]),
        said("a", tool_calls=[{"a": math.inf}]), said("a", name=HALF), {"tools": [{"a": HALF}]},
        {"tools": [{"a": -math.inf}]}, {"tool_choice": HALF}, {"tool_choice": {"a": math.nan}},
        {"response_format": {"a": [math.nan]}}, {"temperature": math.nan}, {"keep_alive": math.nan},
        {"timeout": math.nan}, {"tools": [deep(100_000)]}, {"stop": HALF},
    ],
)  # fmt: skip
def test_what_cannot_be_sent_on_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        body(**more)


@pytest.mark.parametrize(
    "more",
    [
        said([0] * 1000), said("a", tool_calls=[0] * 1000), {"messages": [0] * 1000}, {"tools": [0] * 100},
        {"stop": [0] * 1000}, {"stop": [""] * 1000}, {str(number): 0 for number in range(1000)},
        {"messages": [{"role": "user", "content": "a"} | {str(number): 0 for number in range(1000)}]},
    ],
)  # fmt: skip
def test_a_body_has_few_faults_whatever_is_in_it(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as raised:
        body(**more)
    assert raised.value.error_count() <= 3


def test_everything_else_passes_as_it_was() -> None:
    parts = [{"type": "text", "text": "z\u00e9ro \u2028 \U0001f600"}]
    ask = body(**said(parts, tool_calls=[{"id": "1"}]), tools=[deep(20)], response_format={"a": 1.5}).as_ask()
    assert json.loads(json.dumps(ask.messages)) == [{"role": "user", "content": parts, "tool_calls": [{"id": "1"}]}]
    assert (ask.tools, ask.response_format) == ([deep(20)], {"a": 1.5})
