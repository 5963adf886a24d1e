"""One answer of a model: its lease, its time limit, its pieces, and what is written down about it."""

import asyncio
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Protocol

from steelyard.core.errors import SteelyardError
from steelyard.engines.errors import EngineFailed
from steelyard.engines.models import Endpoint
from steelyard.serving.bodies import PLAIN, chat_body, completion_body, plain_prompt
from steelyard.serving.bound import Bound
from steelyard.serving.deadline import Deadline, gone
from steelyard.serving.errors import ClientLeft
from steelyard.serving.lease import Lease
from steelyard.serving.models import ChatAsk, Ending, Piece, Timings, Usage
from steelyard.serving.outcome import fault_of
from steelyard.serving.pieces import Pieces
from steelyard.serving.reading import Reading


class Wire(Protocol):
    """How engines are spoken to; ``engines.wire.EngineClient`` does it."""

    def batches(
        self, endpoint: Endpoint, path: str, body: Mapping[str, Any]
    ) -> AsyncGenerator[Sequence[Mapping[str, Any]], None]:
        """Chunks of a streamed answer, those that come together in one list, which is empty for a mere sign of life;
        closed early, the engine stops. Raises the errors of engines."""

    async def call(self, endpoint: Endpoint, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """A plain answer. Raises the errors of engines."""


_TELLS_PROGRESS = 20_000.0  # milliseconds in which an engine that tells how far it is must have said something
_TELLS_NOTHING = 120_000.0  # and one that reads a long prompt in silence
Told = Callable[[Ending, SteelyardError | None], None]


class Generation:
    """An answer on its way. ``tell`` hears once how it ended, also when nobody read it to its end."""

    def __init__(self, wire: Wire, ask: ChatAsk, lease: Lease, deadline: Deadline, tell: Told) -> None:
        self._wire = wire
        self._ask = ask
        self._lease = lease
        self._deadline = deadline
        self._tell = tell
        self._reading = Reading()
        self._bound = Bound()
        self._first: float | None = None
        self._total: float | None = None
        self._stream: AsyncGenerator[list[Piece], None] | None = None
        self._error: SteelyardError | None = None
        self._raised: BaseException | None = None
        self._notes = lease.notes
        self._is_load = self._is_whole = self._was_heard = ask.is_load
        self._told_ending: Ending | None = None
        self._held_ms = lease.queue_ms + lease.load_ms
        self._striking: asyncio.Task[None] | None = None

    @property
    def ending(self) -> Ending:
        """How it ended, or where it is."""
        return self._told_ending or self._ending()

    def _ending(self) -> Ending:
        reading = self._reading
        timings = Timings(
            round(self._lease.queue_ms, 3), round(self._lease.load_ms, 3), self._first,
            self._passed_ms() if self._total is None else self._total, reading.prompt_ms, reading.answer_ms,
        )  # fmt: skip
        usage = Usage() if self._is_load else reading.counted()
        finish = _without_words(self._ask) if self._is_load else reading.finish or "stop"
        return Ending(finish, usage, timings, self._lease.engine, self._lease.weights.name, self._notes)

    def pieces(self) -> AsyncIterator[Piece]:
        """The pieces as they come. Raises TimedOut and the errors of engines."""
        self._stream = self._batches()
        self._deadline.at_end(self._strike)
        return Pieces(self._stream, lambda: self._error)

    async def close(self) -> None:
        """Stop generating, give the lease back, and tell. May be called twice.

        Called while an exception of whoever reads is handled, as in ``finally``, that is why the answer ended.
        """
        self._raised = self._raised or sys.exception()
        try:
            if self._stream is not None:
                await self._stream.aclose()
        finally:
            self._deadline.end()
            if self._is_silent():
                self._lease.distrust()
            self._lease.release()
            if self._told_ending is None:
                self._told_ending = self._ending()
                self._tell(self._told_ending, self._error or self._fault())

    def _fault(self) -> SteelyardError | None:
        """Why it ended, where no engine and no clock did it. Who leaves behind the last piece has had all of it."""
        fault = gone() if self._raised is None else fault_of(self._raised)
        return None if self._is_whole and isinstance(fault, ClientLeft) else fault

    def _strike(self) -> None:
        """The time is over while a piece is being sent: a client that does not read must not keep a model busy."""
        if not self._deadline.is_waiting and self._striking is None:
            self._error = self._error or self._deadline.over()
            self._striking = asyncio.create_task(self.close())

    def _is_silent(self) -> bool:
        """Whether the engine had its time to say something, and said nothing at all."""
        patience = _TELLS_PROGRESS if "return_progress" in self._lease.endpoint.extras else _TELLS_NOTHING
        return self._stream is not None and not self._was_heard and self._passed_ms() - self._held_ms >= patience

    async def _batches(self) -> AsyncGenerator[list[Piece], None]:
        if self._is_load:
            return
        path, body = self._request()
        try:
            async with aclosing(self._wire.batches(self._lease.endpoint, path, body)) as batches:
                while (chunks := await self._deadline.wait(anext(batches, None))) is not None:
                    self._was_heard = True
                    pieces = [piece for chunk in chunks if (piece := self._reading.take(chunk)) is not None]
                    if pieces:
                        self._bound.add(pieces)
                        self._first = self._passed_ms() if self._first is None else self._first
                        yield pieces
            self._is_whole = True
        except SteelyardError as error:
            self._error = self._explained(error)
            raise self._error from error
        except BaseException as error:
            self._raised = self._raised or error  # what closed it says more than that it was closed
            raise
        finally:
            self._total = self._passed_ms()

    def _request(self) -> tuple[str, dict[str, Any]]:
        ask, model = self._ask, self._lease.endpoint.model
        if ask.prompt is not None:
            return "/v1/completions", completion_body(ask, model, ask.prompt)
        if self._lease.weights.has_template:
            return "/v1/chat/completions", chat_body(ask, model)
        self._notes = (*self._notes, PLAIN)
        return "/v1/completions", completion_body(_stopping(ask), model, plain_prompt(ask.messages))

    def _passed_ms(self) -> float:
        return round(self._deadline.passed * 1000, 3)

    def _explained(self, error: SteelyardError) -> SteelyardError:
        """A connection that broke because the engine died says why it died."""
        failed = self._lease.failed
        known = failed.exception() if isinstance(error, EngineFailed) and failed.done() else None
        return known if isinstance(known, SteelyardError) else error


def _without_words(ask: ChatAsk) -> str:
    """How a request that asks nothing ends: it brought the model into memory, or was to let it go."""
    return "unload" if ask.keep_alive == 0 else "load"


def _stopping(ask: ChatAsk) -> ChatAsk:
    """A model without a template would write the next question as well."""
    stop = (*ask.sampling.stop, "\nuser:")
    return replace(ask, sampling=replace(ask.sampling, stop=stop))
