"""A model's calls of tools: OpenAI sends them in fragments of text, Ollama whole, with arguments as objects. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from steelyard.engines.errors import EngineFailed


@dataclass(slots=True)
class _Call:
    id: str = ""
    name: str = ""
    arguments: str = ""


class Calls:
    """The calls of one answer, put together."""

    def __init__(self) -> None:
        self._calls: dict[int, _Call] = {}

    def take(self, deltas: Sequence[Mapping[str, Any]]) -> None:
        """Some fragments."""
        for delta in deltas:
            call = self._calls.setdefault(int(delta.get("index") or 0), _Call())
            function = delta.get("function") or {}
            call.id = delta.get("id") or call.id
            call.name += function.get("name") or ""
            call.arguments += function.get("arguments") or ""

    def whole(self) -> list[dict[str, Any]]:
        """All of them, in order. Raises EngineFailed for arguments that are no JSON object."""
        return [_as_ollama(index, self._calls[index]) for index in sorted(self._calls)]


def _as_ollama(index: int, call: _Call) -> dict[str, Any]:
    try:
        arguments = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        raise EngineFailed(
            f"The model called {call.name[:60]!r} with arguments that are no JSON object.",
            hint="It may have been cut short: ask again with a larger num_predict.",
        )
    named = {"id": call.id} if call.id else {}
    return {**named, "function": {"index": index, "name": call.name, "arguments": arguments}}
