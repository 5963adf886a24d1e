"""Answers of models as Ollama's lines. Pure but for the clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from steelyard.core.clock import Clock, iso
from steelyard.dialects.ollama.durations import nanoseconds
from steelyard.serving.models import Embedded, Ending, Piece, Timings

_REASONS = {"tool_calls": "stop", "function_call": "stop"}
Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """How one answer is written. ``model`` as it was asked for; ``is_chat``: ``message`` instead of ``response``."""

    model: str
    clock: Clock
    is_chat: bool
    shows_thinking: bool = True

    def piece(self, piece: Piece) -> Line | None:
        """One piece; None where there is nothing to show. Calls of tools come at the end, whole."""
        thinking = piece.reasoning if self.shows_thinking else ""
        if not piece.content and not thinking:
            return None
        return self.said(piece.content, thinking) | _logprobs([piece])

    def said(self, content: str = "", thinking: str = "", calls: Sequence[Mapping[str, Any]] = ()) -> Line:
        """Something of the answer."""
        also: Line = ({"thinking": thinking} if thinking else {}) | ({"tool_calls": list(calls)} if calls else {})
        head = {"model": self.model, "created_at": iso(self.clock.now())}
        if self.is_chat:
            return head | {"message": {"role": "assistant", "content": content, **also}, "done": False}
        return head | {"response": content, **also, "done": False}

    def last(self, ending: Ending, context: Sequence[int] | None, notes: Sequence[str]) -> Line:
        """The last line. ``notes`` are the depot's own: what the asker should know."""
        more: Line = {} if context is None else {"context": list(context)}
        told = [*notes, *ending.notes]
        return self.said() | ended(_REASONS.get(ending.finish, ending.finish)) | more | (
            measured(ending) if ending.finish != "load" else {}
        ) | ({"notes": told} if told else {})  # fmt: skip

    def unloaded(self) -> Line:
        """The answer when a model was told to leave memory."""
        return self.said() | ended("unload")

    def whole(self, pieces: Sequence[Piece], calls: Sequence[Mapping[str, Any]], last: Mapping[str, Any]) -> Line:
        """All of it in one object."""
        content = "".join(piece.content for piece in pieces)
        thinking = "".join(piece.reasoning for piece in pieces) if self.shows_thinking else ""
        rest = {name: value for name, value in last.items() if name not in {"message", "response"}}
        return self.said(content, thinking, calls) | _logprobs(pieces) | rest


def ended(reason: str) -> Line:
    """What marks the last line."""
    return {"done": True, "done_reason": reason}


def measured(ending: Ending) -> Line:
    """Tokens and nanoseconds. Where the engine tells no times of its own, the first token divides them."""
    timings, usage = ending.timings, ending.usage
    return {
        "total_duration": nanoseconds(timings.total_ms),
        "load_duration": nanoseconds(timings.load_ms),
        "prompt_eval_count": usage.prompt_tokens,
        "prompt_eval_duration": nanoseconds(_prompt_ms(timings)),
        "eval_count": usage.completion_tokens,
        "eval_duration": nanoseconds(_answer_ms(timings)),
    }


def embedded_json(embedded: Embedded, model: str) -> Line:
    """The answer of ``/api/embed``."""
    return {
        "model": model,
        "embeddings": [list(vector) for vector in embedded.vectors],
        "total_duration": nanoseconds(embedded.timings.total_ms),
        "load_duration": nanoseconds(embedded.timings.load_ms),
        "prompt_eval_count": embedded.usage.prompt_tokens,
    }


def _prompt_ms(timings: Timings) -> float | None:
    if timings.prompt_ms is not None or timings.first_token_ms is None:
        return timings.prompt_ms
    return max(0.0, timings.first_token_ms - timings.load_ms - timings.queue_ms)


def _answer_ms(timings: Timings) -> float | None:
    if timings.answer_ms is not None or timings.first_token_ms is None:
        return timings.answer_ms
    return max(0.0, timings.total_ms - timings.first_token_ms)


def _logprobs(pieces: Sequence[Piece]) -> Line:
    """OpenAI's list is Ollama's too."""
    found = [one for piece in pieces if piece.logprobs for one in piece.logprobs.get("content") or ()]
    return {"logprobs": found} if found else {}
