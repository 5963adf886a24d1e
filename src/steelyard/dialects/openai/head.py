"""What all answers to one request have in common."""

from dataclasses import dataclass
from typing import Any

from steelyard.serving.models import Ending, Usage
from steelyard.serving.views import timings_json


@dataclass(frozen=True, slots=True)
class Head:
    """``model`` is the name that was asked for; ``created`` in seconds since 1970."""

    id: str
    model: str
    created: int

    def around(self, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        """An answer or a chunk, of OpenAI's type ``kind``."""
        return {
            "id": self.id, "object": kind, "created": self.created, "model": self.model, "system_fingerprint": None,
            "choices": choices,
        }  # fmt: skip


def usage_json(usage: Usage) -> dict[str, int]:
    """Counted tokens."""
    return {
        "prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
    }  # fmt: skip


def extras(ending: Ending) -> dict[str, Any]:
    """What people should know about an answer and OpenAI has no field for. Clients keep what they do not know."""
    told = {"engine": ending.engine, "timings": timings_json(ending.timings), "notes": list(ending.notes)}
    return {"steelyard": told}
