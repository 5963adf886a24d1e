"""Models that answer what a test says: for protocols, without engines, catalog or memory."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from starlette.requests import Request

from steelyard.catalog.errors import missing
from steelyard.core.errors import SteelyardError
from steelyard.engines.models import Weights
from steelyard.identity.principal import Caller
from steelyard.serving.models import ChatAsk, EmbedAsk, Embedded, Ending, Piece, Timings, Usage
from steelyard.serving.protocol import LoadedModel
from steelyard.serving.servable import Servable

_AT = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass
class Script:
    """What the next answers are. An error among the ``pieces`` is raised in its place, after those before it.

    ``refusal`` is raised by ``chat`` and ``embed`` themselves; ``hangs`` waits for ever before the first piece.
    """

    pieces: Sequence[Piece | SteelyardError] = (Piece("Hello"), Piece(" there"))
    finish: str = "stop"
    usage: Usage = field(default_factory=lambda: Usage(3, 2))
    timings: Timings = field(default_factory=lambda: Timings(1.0, 2.0, 3.0, 10.0, 4.0, 5.0))
    notes: tuple[str, ...] = ()
    refusal: SteelyardError | None = None
    hangs: bool = False
    vector: Sequence[float] = (0.25, -0.5, 1.0)


@dataclass
class HandServing:
    """``protocol.Serving``, played by hand. ``models`` are those it has; what was asked is kept in order."""

    models: Sequence[str] = ("tiny", "org/small")
    script: Script = field(default_factory=Script)
    asked: list[ChatAsk] = field(default_factory=list)
    embedded: list[EmbedAsk] = field(default_factory=list)
    unloaded: list[str] = field(default_factory=list)
    in_memory: list[LoadedModel] = field(default_factory=list)
    remote: list[str] = field(default_factory=list)
    answers: list["HandAnswer"] = field(default_factory=list)

    async def chat(self, ask: ChatAsk, caller: Caller, request: Request) -> "HandAnswer":
        """An answer as the script says."""
        self.asked.append(ask)
        self._admit(ask.model)
        answer = HandAnswer(self.script, ask)
        self.answers.append(answer)
        return answer

    async def embed(self, ask: EmbedAsk, caller: Caller, request: Request) -> Embedded:
        """The script's vector for each text, its first number the text's place."""
        self.embedded.append(ask)
        self._admit(ask.model)
        vectors = [[float(number), *self.script.vector[1:]] for number, _ in enumerate(ask.texts)]
        return Embedded(ask.model, vectors, Usage(len(ask.texts)), self.script.timings)

    async def about(self, model: str, caller: Caller) -> Servable:
        """A model of which nothing is known."""
        self._admit(model)
        return Servable(Weights(model, model, Path(), "gguf", 0), None, model, only_reads=False)

    async def unload(self, model: str, caller: Caller, *, spares_pinned: bool = False) -> bool:
        """Out of what is in memory."""
        self.unloaded.append(model)
        self._admit(model)
        staying = [one for one in self.in_memory if one.model != model]
        was_there = len(staying) < len(self.in_memory)
        self.in_memory = staying
        return was_there

    def loaded(self, caller: Caller) -> Sequence[LoadedModel]:
        """What a test put there."""
        return list(self.in_memory)

    async def elsewhere(self, caller: Caller) -> Sequence[str]:
        """What a test put there."""
        return list(self.remote)

    def put_into_memory(self, model: str, expires_at: datetime | None = None) -> None:
        """Let a model be loaded."""
        self.in_memory.append(LoadedModel(model, "echo", 1_000_000, 4096, 0, False, _AT, expires_at))

    def _admit(self, model: str) -> None:
        if self.script.refusal is not None:
            raise self.script.refusal
        if model.removesuffix(":latest") not in self.models:
            raise missing(model)


class HandAnswer:
    """An answer on its way; ``is_closed`` once it was closed, ``given`` counts the pieces that were taken."""

    def __init__(self, script: Script, ask: ChatAsk) -> None:
        self._script = script
        self._ask = ask
        self._stream: AsyncGenerator[Piece, None] | None = None
        self.is_closed = False
        self.given = 0

    @property
    def ending(self) -> Ending:
        """As the script has it."""
        script = self._script
        if self._ask.is_load:
            return Ending("load", Usage(), script.timings, "echo", self._ask.model, script.notes)
        return Ending(script.finish, script.usage, script.timings, "echo", self._ask.model, script.notes)

    def pieces(self) -> AsyncIterator[Piece]:
        """As the script has them."""
        self._stream = self._pieces()
        return self._stream

    async def close(self) -> None:
        """End it."""
        if self._stream is not None:
            await self._stream.aclose()
        self.is_closed = True

    async def _pieces(self) -> AsyncGenerator[Piece, None]:
        if self._script.hangs:
            await asyncio.Event().wait()
        for piece in () if self._ask.is_load else self._script.pieces:
            if isinstance(piece, SteelyardError):
                raise piece
            self.given += 1
            yield piece
