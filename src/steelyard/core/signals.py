"""What must go up the layers goes through here: a publish that anyone may listen to, in every process of the depot.

A signal carries only a topic and an id, never state: who hears it reads the truth from the table. So a signal that is
lost or merged costs a moment of staleness and nothing else. This process hears its own signals at once; the feed
carries them to the others and gives them positions.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from steelyard.core.feed import Change, Feed, Missed, RingFeed

CLOSING_KEY = ""  # the key of the signal that wakes every listener: the process stops, or signals were missed
_BACKLOG = 256  # a listener that is further behind re-reads the truth anyway
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Signal:
    """Something changed: ``topic`` names the noun (``job``, ``model``), ``key`` which one."""

    topic: str
    key: str


class Inbox(Generic[T]):
    """A bounded inbox. When it overflows the oldest goes: the truth is in the table."""

    def __init__(self) -> None:
        self._inbox: asyncio.Queue[T] = asyncio.Queue(_BACKLOG)
        self.overflowed = False

    def push(self, thing: T) -> None:
        """Put something in, making room if need be."""
        if self._inbox.full():
            self.overflowed = True
            self._inbox.get_nowait()
        self._inbox.put_nowait(thing)

    def drain(self) -> bool:
        """Forget what waits; whether anything did. For those who read everything anew anyway."""
        waited = not self._inbox.empty()
        while not self._inbox.empty():
            self._inbox.get_nowait()
        return waited

    async def wait(self, timeout: float) -> T | None:  # noqa: ASYNC109 - a quiet wait is an answer, not an error
        """The next thing, or None when none came within ``timeout`` seconds."""
        try:
            async with asyncio.timeout(timeout):  # wait_for of Python 3.11 loses a cancel that comes with a thing
                return await self._inbox.get()
        except TimeoutError:
            return None


class Listener(Inbox[Signal]):
    """Hears each signal once, as early as this process can know."""


class Follower(Inbox[Change | Missed]):
    """Hears the changes of all processes in the order of their positions; Missed after a gap, and at the end."""


class Signals:
    """The hub of one process. Publish and listen from the event loop's thread only."""

    def __init__(self, feed: Feed | None = None) -> None:
        self.feed: Feed = feed or RingFeed()
        self.feed.attach(self._heard)
        self._listeners: dict[Listener, frozenset[str]] = {}
        self._followers: dict[Follower, frozenset[str]] = {}
        self._closing = asyncio.Event()

    def publish(self, topic: str, key: str) -> None:
        """Tell every listener of the topic, here and in the other processes."""
        self._tell(Signal(topic, key))
        self.feed.send(topic, key)

    @contextmanager
    def listen(self, *topics: str) -> Iterator[Listener]:
        """A listener for the topics, for as long as the block runs."""
        listener = Listener()
        self._listeners[listener] = frozenset(topics)
        try:
            yield listener
        finally:
            del self._listeners[listener]

    @contextmanager
    def follow(self, *topics: str) -> Iterator[Follower]:
        """A follower of the topics, for as long as the block runs."""
        follower = Follower()
        self._followers[follower] = frozenset(topics)
        try:
            yield follower
        finally:
            del self._followers[follower]

    def close(self) -> None:
        """The process stops: every stream ends at its next step."""
        self._closing.set()
        self._wake_all("closing")

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

    def _heard(self, change: Change | Missed, mine: bool) -> None:
        if isinstance(change, Missed):
            self._wake_all("missed")
            return
        for follower, topics in self._followers.items():
            if change.topic in topics:
                follower.push(change)
        if not mine:
            self._tell(Signal(change.topic, change.key))

    def _tell(self, signal: Signal) -> None:
        for listener, topics in self._listeners.items():
            if signal.topic in topics:
                listener.push(signal)

    def _wake_all(self, reason: str) -> None:
        for listener in self._listeners:
            listener.push(Signal(reason, CLOSING_KEY))
        for follower in self._followers:
            follower.push(Missed())
