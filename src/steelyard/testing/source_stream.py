"""The bytes of the source in memory, and what goes wrong with them."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass

from steelyard.sources.errors import UpstreamUnavailable

_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class StreamFault:
    """What goes wrong the next time a file is opened."""

    cut_after: int | None = None
    flip: int | None = None
    ignores_range: bool = False


class FakeStream:
    """The bytes of one opening."""

    def __init__(self, sent: Counter[str], path: str, content: bytes, start: int, cut_after: int | None) -> None:
        self.start = start
        self._sent = sent
        self._path = path
        self._content = content
        self._stop = len(content) if cut_after is None else min(len(content), start + cut_after)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Pieces of at most 64 KiB. Raises UpstreamUnavailable where ``cut`` said so."""
        for position in range(self.start, self._stop, _PIECE):
            piece = self._content[position : min(position + _PIECE, self._stop)]
            self._sent[self._path] += len(piece)
            yield piece
        if self._stop < len(self._content):
            raise UpstreamUnavailable(f"The stream of {self._path!r} was cut.", hint="It was asked for with cut().")


def flipped(content: bytes, offset: int | None) -> bytes:
    """The same bytes with a wrong one at this offset."""
    if offset is None:
        return content
    return content[:offset] + bytes([content[offset] ^ 0xFF]) + content[offset + 1 :]
