"""Ollama's messages as OpenAI's, which engines take. Pure."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

from steelyard.core.errors import BadRequest
from steelyard.dialects.ollama.bodies import Message, ToolCall

# How pictures begin, by their type.
_PICTURES = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF8", "gif"), (b"BM", "bmp"))
_Sent = dict[str, Any]


class BadImage(BadRequest):
    """Something among the images is no picture."""

    slug = "bad-image"
    title = "That is no picture"


def as_openai(messages: Sequence[Message]) -> list[_Sent]:
    """The messages. Calls without an id get one, and a tool's answer the id of the call that it answers.

    Raises BadImage.
    """
    sent, open_calls = [], list[tuple[str, str]]()
    for number, message in enumerate(messages):
        if message.tool_calls:
            open_calls = [(_id_of(call, number, place), call.function.name)
                          for place, call in enumerate(message.tool_calls)]  # fmt: skip
        sent.append(_as_openai(message, open_calls))
    return sent


def user_message(text: str, images: Sequence[str]) -> _Sent:
    """What a person says, with pictures. Raises BadImage."""
    return {"role": "user", "content": _content(text, images)}


def _as_openai(message: Message, open_calls: list[tuple[str, str]]) -> _Sent:
    sent: _Sent = {"role": message.role, "content": _content(message.content or "", message.images or ())}
    if message.thinking:
        sent["reasoning_content"] = message.thinking
    if message.tool_calls:
        sent["tool_calls"] = [
            _call(call, call_id) for call, (call_id, _) in zip(message.tool_calls, open_calls, strict=True)
        ]
    if message.role == "tool":
        sent["tool_call_id"] = message.tool_call_id or _answered(message.tool_name, open_calls)
        if message.tool_name:
            sent["name"] = message.tool_name
    return sent


def _content(text: str, images: Sequence[str]) -> str | list[_Sent]:
    if not images:
        return text
    pictures = [{"type": "image_url", "image_url": {"url": _data_url(image)}} for image in images]
    return [{"type": "text", "text": text}, *pictures]


def _data_url(image: str) -> str:
    try:
        data = base64.b64decode(image, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadImage("An image is not base64.", hint="Send the bytes of a PNG or JPEG file as base64.") from error
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return f"data:image/webp;base64,{image}"
    kind = next((kind for begin, kind in _PICTURES if data.startswith(begin)), None)
    if kind is None:
        raise BadImage("An image is of no known kind.", hint="Send PNG, JPEG, WebP, GIF or BMP.")
    return f"data:image/{kind};base64,{image}"


def _call(call: ToolCall, call_id: str) -> _Sent:
    arguments = json.dumps(call.function.arguments)
    return {"id": call_id, "type": "function", "function": {"name": call.function.name, "arguments": arguments}}


def _id_of(call: ToolCall, number: int, place: int) -> str:
    return call.id or f"call_{number}_{place}"


def _answered(name: str | None, open_calls: list[tuple[str, str]]) -> str:
    """The first call not answered yet, of that function where it is named."""
    found = next((one for one in open_calls if name in {None, "", one[1]}), None)
    if found is None:
        return "call_0"
    open_calls.remove(found)
    return found[0]
