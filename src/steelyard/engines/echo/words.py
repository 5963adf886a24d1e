"""What echo answers: a token is a word with the space behind it. Pure."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from itertools import cycle, islice
from typing import Any

_TOKEN = re.compile(r"\S+\s*")
_SIZE = 8  # numbers in a vector


def tokens_of(text: str) -> list[str]:
    """The words of a text."""
    return _TOKEN.findall(text)


def asked_in(body: Mapping[str, Any]) -> str:
    """What was said last: the text of the last message, or the prompt."""
    messages = body.get("messages")
    if not messages:
        return str(body.get("prompt") or "")
    return text_of(messages[-1].get("content"))


def prompt_in(body: Mapping[str, Any]) -> str:
    """All that was said."""
    messages = body.get("messages")
    return " ".join(text_of(one.get("content")) for one in messages) if messages else str(body.get("prompt") or "")


def text_of(content: Any) -> str:
    """The text of a message, whether it is one or a list of parts."""
    if isinstance(content, list):
        return " ".join(str(part.get("text", "")) for part in content)
    return str(content or "")


def answer_to(body: Mapping[str, Any], *, endless: bool) -> tuple[Iterator[str], bool]:
    """The tokens of the answer, and whether ``max_tokens`` cuts it short. An answer in JSON is an object."""
    asked = asked_in(body)
    if body.get("response_format", {}).get("type") in ("json_object", "json_schema"):
        asked = json.dumps({"echo": asked})
    tokens = tokens_of(asked)
    most = body.get("max_tokens")
    if endless:
        return (islice(cycle(tokens or ["echo "]), most), most is not None)
    return iter(tokens[:most]), most is not None and most < len(tokens)


def vector_of(text: str) -> list[float]:
    """A vector of length 1, the same for the same text."""
    numbers = [byte - 127.5 for byte in hashlib.sha256(text.encode()).digest()[:_SIZE]]
    length = sum(number * number for number in numbers) ** 0.5
    return [number / length for number in numbers]
