"""A streamed answer: ``data:`` lines, the last of them ``[DONE]``."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, Protocol

from steelyard.core.errors import SteelyardError
from steelyard.dialects.openai.errors import answer as refusal
from steelyard.http import sse
from steelyard.http.closing import Last
from steelyard.serving.models import Ending, Piece
from steelyard.serving.pieces import at_hand, together
from steelyard.serving.protocol import Answer

DONE = "data: [DONE]\n\n"


def failed(error: SteelyardError) -> str:
    """The end of a stream that breaks off."""
    return sse.event(refusal(error).body) + DONE


class Shape(Protocol):
    """Chunks of a chat or of a completion."""

    def opening(self) -> dict[str, Any] | None:
        """The chunk before the first piece, if there is one."""

    def piece(self, piece: Piece) -> dict[str, Any]:
        """One piece."""

    def last(self, ending: Ending) -> dict[str, Any]:
        """How it ended."""

    def usage(self, ending: Ending) -> dict[str, Any]:
        """Counted tokens."""


class Started:
    """An answer whose first piece is there: what goes wrong before that still has a status of its own."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._pieces: AsyncIterator[Piece] | None = None
        self._first: Piece | None = None

    async def begin(self) -> None:
        """Wait for the first piece. The answer is closed when none comes. Raises what the answer raises."""
        try:
            self._pieces = self._answer.pieces()
            self._first = await anext(self._pieces, None)
        except BaseException:
            await self._answer.close()
            raise

    async def events(self, shape: Shape, *, tells_usage: bool) -> AsyncGenerator[str | bytes, None]:
        """The lines. What goes wrong from here on is a chunk: clients raise an error of what it says."""
        try:
            async for chunks in self._chunks(shape, tells_usage=tells_usage):
                yield "".join(map(sse.event, chunks))
        except SteelyardError as error:
            yield Last(failed(error).encode())
        else:
            yield Last(DONE.encode())

    async def _chunks(self, shape: Shape, *, tells_usage: bool) -> AsyncIterator[list[dict[str, Any]]]:
        blank: dict[str, Any] = {"usage": None} if tells_usage else {}  # as OpenAI has it
        opening = shape.opening()
        ahead = [] if opening is None else [opening | blank]
        if self._first is not None and self._pieces is not None:
            first = [self._first, *at_hand(self._pieces)]
            yield ahead + [shape.piece(piece) | blank for piece in first]
            async for pieces in together(self._pieces):
                yield [shape.piece(piece) | blank for piece in pieces]
            ahead = []
        usage = [shape.usage(self._answer.ending)] if tells_usage else []
        yield [*ahead, shape.last(self._answer.ending) | blank, *usage]
