"""What must go up the layers goes through here: a publish that anyone may listen to, within one process.

A signal carries only a topic and an id, never state: who hears it reads the truth from the table. So a signal that is
lost or merged costs a moment of staleness and nothing else.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

CLOSING_KEY = ""  # the key of the signal that wakes every listener when the process stops
_BACKLOG = 256  # a listener that is further behind re-reads the truth anyway


@dataclass(frozen=True, slots=True)
class Signal:
    """Something changed: ``topic`` names the noun (``job``, ``model``), ``key`` which one."""

    topic: str
    key: str


class Listener:
    """A bounded inbox of signals. When it overflows the oldest signals go: the truth is in the table."""

    def __init__(self) -> None:
        self._inbox: asyncio.Queue[Signal] = asyncio.Queue(_BACKLOG)

    def push(self, signal: Signal) -> None:
        """Put a signal in, making room if need be."""
        if self._inbox.full():
            self._inbox.get_nowait()
        self._inbox.put_nowait(signal)

    async def wait(self, timeout: float) -> Signal | None:  # noqa: ASYNC109 - a quiet wait is an answer, not an error
        """The next signal, or None when none came within ``timeout`` seconds."""
        try:
            return await asyncio.wait_for(self._inbox.get(), timeout)
        except TimeoutError:
            return None


class Signals:
    """The hub of one process. Publish and listen from the event loop's thread only."""

    def __init__(self) -> None:
        self._listeners: dict[Listener, frozenset[str]] = {}
        self._closing = asyncio.Event()

    def publish(self, topic: str, key: str) -> None:
        """Tell every listener of the topic."""
        for listener, topics in self._listeners.items():
            if topic in topics:
                listener.push(Signal(topic, key))

    @contextmanager
    def listen(self, *topics: str) -> Iterator[Listener]:
        """A listener for the topics, for as long as the block runs."""
        listener = Listener()
        self._listeners[listener] = frozenset(topics)
        try:
            yield listener
        finally:
            del self._listeners[listener]

    def close(self) -> None:
        """The process stops: every stream ends at its next step."""
        self._closing.set()
        for listener in self._listeners:
            listener.push(Signal("closing", CLOSING_KEY))

    @property
    def closing(self) -> bool:
        """Whether the process is stopping."""
        return self._closing.is_set()

    async def stream(self, *topics: str, heartbeat: float = 15.0) -> AsyncIterator[Signal | None]:
        """Signals until the process stops; None after ``heartbeat`` seconds of silence."""
        with self.listen(*topics) as listener:
            while not self.closing:
                signal = await listener.wait(heartbeat)
                if not self.closing:
                    yield signal
