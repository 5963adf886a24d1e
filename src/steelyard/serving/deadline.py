"""How long a request may take: until its time is over, or until nobody waits for the answer any more."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import TypeVar

from starlette.requests import Request

from steelyard.core.clock import Clock
from steelyard.http.leaving import LEAVING, Leaving
from steelyard.serving.errors import ClientLeft, TimedOut

T = TypeVar("T")
_GRACE = 0.5  # seconds: whoever waits hears of the end first


class Deadline:
    """The time of one request; ``began`` is when it came, on the clock's monotonic scale.

    Made within a task. Whoever waits does it through ``wait``, one at a time, and ``end`` is called at last. One timer
    serves all waits: ``asyncio.timeout`` for each took a tenth of the time of a short answer.
    """

    def __init__(self, seconds: float, clock: Clock) -> None:
        self.seconds = seconds
        self.began = clock.monotonic()
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(seconds, self._strike)
        self._has_left = False
        self._is_over = False
        self._has_struck = False
        self._waiting: asyncio.Task[object] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._leaving: Leaving | None = None
        self._call: Callable[[], None] | None = None
        self._end: asyncio.TimerHandle | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether somebody waits through it now."""
        return self._waiting is not None

    @property
    def passed(self) -> float:
        """Seconds since the request came."""
        return self._clock.monotonic() - self.began

    @property
    def left(self) -> float:
        """Seconds that are left; none for a client that has gone."""
        return 0.0 if self._has_left else max(0.0, self.seconds - self.passed)

    async def wait(self, work: Awaitable[T]) -> T:
        """Wait for something within the time that is left; it is cancelled when that is over.

        Raises TimedOut, ClientLeft. What is there already is taken even when the time is over: a limit around a whole
        stream would strike whoever reads it slowly.
        """
        if self._has_left:
            if isinstance(work, Coroutine):
                work.close()
            raise self.over()
        task = asyncio.current_task(self._loop)
        assert task is not None  # noqa: S101 - said above
        cancelling = task.cancelling()
        self._waiting, self._has_struck = task, False
        is_over = self._is_over or self._clock.monotonic() - self.began >= self.seconds
        due = self._loop.call_soon(self._strike) if is_over else None
        try:
            return await work
        except asyncio.CancelledError as error:
            if self._has_struck and task.uncancel() <= cancelling:
                self._has_struck = False
                raise self.over() from error
            raise
        finally:
            self._waiting = None
            if self._has_struck:  # something else was raised meanwhile
                task.uncancel()
            if due is not None:
                due.cancel()

    def watch(self, request: Request) -> None:
        """Notice when the client leaves; its body must have been read. Where the server does not tell, a task waits
        for it, which takes a twentieth of the time of a short answer."""
        if self._watch is not None or self._leaving is not None:
            return
        self._leaving = request.scope.get("state", {}).get(LEAVING)
        if self._leaving is not None:
            self._leaving.tell(self.leave)
        else:
            self._watch = asyncio.create_task(self._until_gone(request))

    def at_end(self, call: Callable[[], None]) -> None:
        """Have something done a moment after the time is over or the client gone, unless it has ended before."""
        self._call = call

    def leave(self) -> None:
        """The client has gone: whoever waits hears it now."""
        self._has_left = True
        self._strike()

    def end(self) -> None:
        """Look no longer. May be called twice."""
        self._timer.cancel()
        if self._watch is not None:
            self._watch.cancel()
        if self._leaving is not None:
            self._leaving.spare(self.leave)
        if self._end is not None:
            self._end.cancel()

    def _strike(self) -> None:
        """As ``asyncio.Timeout`` does it: cancel whoever waits, and let ``wait`` tell why."""
        self._is_over = True
        if self._call is not None and self._end is None:
            self._end = self._loop.call_later(_GRACE, self._call)
        if self._waiting is not None and not self._has_struck:
            self._has_struck = True
            self._waiting.cancel()

    async def _until_gone(self, request: Request) -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        self.leave()

    def over(self) -> TimedOut | ClientLeft:
        """The error of an answer that was not complete in time."""
        if self._has_left:
            return gone()
        return TimedOut(
            f"The answer was not complete within {self.seconds:g} s; generation has stopped.",
            hint="Ask for fewer tokens, or with a longer timeout (600 s at most).",
        )


def gone() -> ClientLeft:
    """The error of an answer that nobody waits for."""
    return ClientLeft("The client left before the answer was complete; generation has stopped.")
