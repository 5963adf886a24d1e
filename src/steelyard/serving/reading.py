"""What an engine answers, chunk by chunk, as pieces and an ending."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from steelyard.engines.errors import EngineFailed
from steelyard.serving.models import Piece, Usage

_NOTHING: Final[Mapping[str, Any]] = {}


@dataclass(slots=True)
class Reading:
    """What was learnt from the chunks so far. Milliseconds as the engine itself tells them."""

    finish: str | None = None
    usage: Usage | None = None
    prompt_ms: float | None = None
    answer_ms: float | None = None
    tokens: int = 0

    def take(self, chunk: Mapping[str, Any]) -> Piece | None:
        """Take in one chunk; the piece in it, if there is one. Raises EngineFailed for a chunk that is none."""
        try:
            usage, timings, choices = chunk.get("usage"), chunk.get("timings"), chunk.get("choices")
            if usage or timings:  # the first chunks have neither
                self._counts(usage, timings)
            if not choices:
                return None
            choice = choices[0]
            self.finish = choice.get("finish_reason") or self.finish
            piece = _piece(choice)
        except (TypeError, ValueError, AttributeError, KeyError) as error:  # the wire lets none through
            raise EngineFailed("The engine's answer makes no sense.", hint="Try again.") from error
        self.tokens += piece is not None
        return piece

    def counted(self) -> Usage:
        """Tokens as the engine counted them, else the pieces of the answer."""
        return self.usage or Usage(0, self.tokens)

    def _counts(self, usage: Any, timings: Any) -> None:
        if isinstance(usage, Mapping):
            self.usage = Usage(int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or 0))
        if isinstance(timings, Mapping):
            self.prompt_ms = timings.get("prompt_ms", self.prompt_ms)
            self.answer_ms = timings.get("predicted_ms", self.answer_ms)


def _piece(choice: Mapping[str, Any]) -> Piece | None:
    delta = choice.get("delta") or _NOTHING
    content = delta.get("content") or choice.get("text") or ""
    reasoning = delta.get("reasoning_content") or delta.get("reasoning") or ""
    calls, logprobs = delta.get("tool_calls") or (), choice.get("logprobs")
    if not content and not reasoning and not calls:
        return None
    if type(content) is not str or type(reasoning) is not str:
        raise TypeError("a piece of text is none")
    return Piece(content, reasoning, tuple(calls) if calls else (), logprobs)
