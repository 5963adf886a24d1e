"""``context`` of ``/api/generate``: what was said so far, handed to the client, who hands it back to go on. Pure.

Ollama puts tokens there, which clients only carry. Here it is the conversation itself, packed: any engine can go on.
"""

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from steelyard.core.errors import BadRequest

MOST_NUMBERS = 131_072  # bytes, packed; about as many tokens
_LARGEST = 4 * 1024 * 1024  # bytes, unpacked
TOO_LONG = "The conversation is too long for a context: to go on, use /api/chat with its messages."
_ROLES = frozenset({"system", "user", "assistant"})


class BadContext(BadRequest):
    """Not a context of this depot."""

    slug = "bad-context"
    title = "That context was not made here"


def pack(messages: Sequence[Mapping[str, Any]]) -> list[int] | None:
    """The conversation as numbers; pictures are left out. None where it is too long: nobody takes it back."""
    said = [[message["role"], _text(message["content"])] for message in messages]
    data = zlib.compress(json.dumps(said).encode())
    return list(data) if len(data) <= MOST_NUMBERS else None


def unpack(context: Sequence[int]) -> list[dict[str, Any]]:
    """The conversation again. Raises BadContext."""
    try:
        data = zlib.decompressobj().decompress(bytes(context), _LARGEST)
        said = json.loads(data)
        messages = [{"role": role, "content": content} for role, content in said]
    except (ValueError, TypeError, zlib.error, RecursionError) as error:
        raise _bad() from error
    if not all(_is_message(one) for one in messages):
        raise _bad()
    return messages


def _is_message(one: Mapping[str, Any]) -> bool:
    return isinstance(one["role"], str) and one["role"] in _ROLES and isinstance(one["content"], str)


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def _bad() -> BadContext:
    return BadContext(
        "The context is none that this depot gave out.",
        hint="Leave it out, or use /api/chat with the whole conversation.",
    )
