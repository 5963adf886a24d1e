"""How much one answer may be: a remote server that has lost its way must not fill this one's memory."""

from collections.abc import Iterable

from pydantic_core import to_json

from steelyard.engines.errors import EngineFailed
from steelyard.serving.models import Piece

MOST_TEXT = 64 * 2**20  # characters, with the calls of tools
MOST_PIECES = 2**20  # more than an answer may have tokens
_MOST_LOGPROBS = 256 * 2**20  # bytes as JSON: 20 alternatives for each of 150,000 tokens


class Bound:
    """Counts what came of one answer."""

    def __init__(self) -> None:
        self._pieces = self._text = self._logprobs = 0

    def add(self, pieces: Iterable[Piece]) -> None:
        """Some more of it. Raises EngineFailed beyond what an answer may be."""
        for piece in pieces:
            self._pieces += 1
            self._text += len(piece.content) + len(piece.reasoning)
            if piece.tool_calls:
                self._text += len(to_json(piece.tool_calls))
            if piece.logprobs is not None:
                self._logprobs += len(to_json(piece.logprobs))
        if self._text > MOST_TEXT or self._pieces > MOST_PIECES or self._logprobs > _MOST_LOGPROBS:
            raise EngineFailed(
                "The engine's answer has no end; generation has stopped.", hint="Ask again, with fewer max_tokens."
            )
