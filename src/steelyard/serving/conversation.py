"""An answer that is part of a conversation kept on the server: once complete, it is written down with its question."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from typing import Any, Protocol

from steelyard.serving.models import Ending, Piece
from steelyard.serving.protocol import Answer
from steelyard.serving.views import whole_calls


class Book(Protocol):
    """Where it is written down; ``sessions.Kept`` is one."""

    async def add(self, messages: Sequence[Mapping[str, Any]]) -> None:
        """Put messages at the end."""


class Conversation:
    """An ``Answer``. One that breaks off leaves the conversation as it was."""

    def __init__(self, generation: Answer, kept: Book, said: Sequence[Mapping[str, Any]]) -> None:
        self._generation = generation
        self._kept = kept
        self._said = said
        self._text: list[str] = []
        self._calls: list[Mapping[str, Any]] = []
        self._stream: AsyncGenerator[Piece, None] | None = None

    @property
    def ending(self) -> Ending:
        """How it ended."""
        return self._generation.ending

    def pieces(self) -> AsyncIterator[Piece]:
        """The pieces as they come."""
        self._stream = self._pieces()
        return self._stream

    async def close(self) -> None:
        """Stop generating."""
        if self._stream is not None:
            await self._stream.aclose()
        await self._generation.close()

    async def _pieces(self) -> AsyncGenerator[Piece, None]:
        pieces = self._generation.pieces()
        async for piece in pieces:
            self._text.append(piece.content)
            self._calls += piece.tool_calls
            yield piece
        try:
            await self._kept.add([*self._said, self._answer()])
        except BaseException:
            await self._generation.close()  # it hears that the answer was not given after all
            raise

    def _answer(self) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self._text)}
        return message | ({"tool_calls": whole_calls(self._calls)} if self._calls else {})
