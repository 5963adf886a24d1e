"""What dialects ask of serving; ``service.ServingService`` does it, ``testing.serving.HandServing`` plays it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from starlette.requests import Request

from steelyard.engines.models import Task
from steelyard.identity.principal import Caller
from steelyard.serving.models import ChatAsk, EmbedAsk, Embedded, Ending, Piece
from steelyard.serving.servable import Servable


class Answer(Protocol):
    """An answer on its way. Iterate it, then read ``ending``; close it early and generation stops."""

    @property
    def ending(self) -> Ending:
        """How it ended, once the last piece has come; before that, how far it is."""

    def pieces(self) -> AsyncIterator[Piece]:
        """The pieces as they come; asked for once. Raises TimedOut, ClientLeft and what engines raise.

        The next piece is made only when it is asked for. Whoever stops early calls ``close``.
        """

    async def close(self) -> None:
        """Stop generating, if it has not ended, and write down what happened. May be called twice.

        Always to be called, and before the last byte of the response goes out: ``http.closing`` has a response that
        closes what it streams. The event of the request is written with that byte.
        """


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """One model in memory; ``task`` is what for, as one that answers and makes vectors is loaded once for each."""

    model: str
    engine: str
    bytes: int
    context: int
    in_flight: int
    is_pinned: bool
    loaded_at: datetime
    expires_at: datetime | None
    task: Task = Task.CHAT


class Serving(Protocol):
    """Models that answer."""

    async def chat(self, ask: ChatAsk, caller: Caller, request: Request) -> Answer:
        """Begin an answer: the model is loaded when this returns, nothing is generated yet.

        The time of ``ask.timeout`` runs from here. A client that leaves stops it, whatever it waits for: ClientLeft is
        raised then, to nobody. What happened goes into the request's event by itself.

        Raises ModelMissing (404 with the pull command), ModelNotReady, ModelInactive, WrongModel, InvalidReference,
        BadTimeout, EngineMissing, CannotLoad, TooLarge, QueueFull (503), LoadCoolingDown (429), TimedOut (408),
        NoLogprobs, PromptTooLong, RefusedByEngine, EngineFailed.
        """

    async def embed(self, ask: EmbedAsk, caller: Caller, request: Request) -> Embedded:
        """Vectors for texts. Raises as ``chat``."""

    async def about(self, model: str, caller: Caller) -> Servable:
        """What is known of a model, as it would be run. Raises ModelMissing, ModelNotReady, ModelInactive, WrongModel,
        InvalidReference."""

    async def unload(self, model: str, caller: Caller, *, spares_pinned: bool = False) -> bool:
        """Take a model out of memory as soon as nobody uses it; whether it was there.

        Every load of the entry goes: at any context, for answers and for vectors, of any revision, private or not; and
        of all its variants, unless the name has one.
        A pinned one is its owner's and the administrators' to unload: others are refused, or with ``spares_pinned``
        it is left alone. Raises ModelMissing, NotYours.
        """

    def loaded(self, caller: Caller) -> Sequence[LoadedModel]:
        """What is in memory, of what the caller may see."""

    async def elsewhere(self, caller: Caller) -> Sequence[str]:
        """Names of models that the caller may ask and that only other servers have. Raises DatabaseAway."""
