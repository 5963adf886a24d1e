"""Messages, pictures and calls of tools, to OpenAI's form and back."""

import base64

import pytest

from steelyard.dialects.ollama.bodies import Message
from steelyard.dialects.ollama.calls import Calls
from steelyard.dialects.ollama.messages import BadImage, as_openai, user_message
from steelyard.engines.errors import EngineFailed


def message(**fields: object) -> Message:
    return Message.model_validate(fields)


def test_tools_answers_find_the_calls_that_they_answer() -> None:
    calls = [{"function": {"name": name, "arguments": {"x": 1}}} for name in ("look", "hear", "look")]
    sent = as_openai([
        message(role="assistant", tool_calls=calls, thinking="hm"),
        message(role="tool", content="b", tool_name="hear"),
        message(role="tool", content="a", tool_name="look"),
        message(role="tool", content="c"),
        message(role="tool", content="d", tool_call_id="own"),
        message(role="tool", content="e"),
    ])  # fmt: skip
    first, second, third = (call["id"] for call in sent[0]["tool_calls"])
    assert sent[0]["reasoning_content"] == "hm"
    assert sent[0]["tool_calls"][0]["function"] == {"name": "look", "arguments": '{"x": 1}'}
    assert [one["tool_call_id"] for one in sent[1:]] == [second, first, third, "own", "call_0"]
    assert sent[1]["name"] == "hear"


@pytest.mark.parametrize(
    ("data", "kind"),
    [(b"\x89PNG\r\n\x1a\n..", "png"), (b"\xff\xd8\xff..", "jpeg"), (b"RIFF....WEBPxx", "webp"), (b"GIF89a", "gif")],
)
def test_pictures_are_known_by_how_they_begin(data: bytes, kind: str) -> None:
    content = user_message("look", [base64.b64encode(data).decode()])["content"]
    assert content[0] == {"type": "text", "text": "look"}
    assert content[1]["image_url"]["url"].startswith(f"data:image/{kind};base64,")


@pytest.mark.parametrize("image", ["@@", base64.b64encode(b"no picture").decode()])
def test_what_is_no_picture_is_refused(image: str) -> None:
    with pytest.raises(BadImage):
        user_message("look", [image])


def test_calls_are_put_together_from_fragments() -> None:
    calls = Calls()
    calls.take([{"index": 1, "id": "b", "function": {"name": "hear", "arguments": ""}}])
    calls.take([{"index": 0, "id": "a", "function": {"name": "look", "arguments": '{"x":'}}])
    calls.take([{"index": 0, "function": {"arguments": " 1}"}}])
    assert calls.whole() == [
        {"id": "a", "function": {"index": 0, "name": "look", "arguments": {"x": 1}}},
        {"id": "b", "function": {"index": 1, "name": "hear", "arguments": {}}},
    ]


@pytest.mark.parametrize("arguments", ['{"x":', "[1]"])
def test_arguments_that_are_no_object_are_an_error(arguments: str) -> None:
    calls = Calls()
    calls.take([{"index": 0, "function": {"name": "look", "arguments": arguments}}])
    with pytest.raises(EngineFailed, match="look"):
        calls.whole()
