"""The pieces of an answer, for readers who take them one by one or as they come together."""

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence

from steelyard.core.errors import SteelyardError
from steelyard.serving.models import Piece


class Pieces:
    """An answer's pieces. Where it was closed behind its reader's back, the reader hears why instead of a plain end."""

    def __init__(
        self, batches: AsyncGenerator[Sequence[Piece], None], error: Callable[[], SteelyardError | None]
    ) -> None:
        self._batches = batches
        self._error = error
        self._at_hand: deque[Piece] = deque()

    def __aiter__(self) -> "Pieces":
        return self

    async def __anext__(self) -> Piece:
        while not self._at_hand:
            try:
                self._at_hand.extend(await anext(self._batches))
            except StopAsyncIteration:
                error = self._error()
                if error is not None:
                    raise error from None
                raise
        return self._at_hand.popleft()

    def take(self) -> list[Piece]:
        """Those that are there already."""
        taken = list(self._at_hand)
        self._at_hand.clear()
        return taken


def at_hand(pieces: AsyncIterator[Piece]) -> list[Piece]:
    """Those that need not be waited for."""
    return pieces.take() if isinstance(pieces, Pieces) else []


async def gathered(pieces: AsyncIterator[Piece]) -> list[Piece]:
    """All of them, to the last."""
    taken: list[Piece] = []
    async for piece in pieces:
        taken.append(piece)
        taken += at_hand(pieces)
    return taken


async def together(pieces: AsyncIterator[Piece]) -> AsyncGenerator[list[Piece], None]:
    """The pieces, those that came together in one list: sending each by itself took most of the time of an answer."""
    async for piece in pieces:
        yield [piece, *at_hand(pieces)]
