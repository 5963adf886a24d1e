"""Wakes whoever reads a blob that is coming in, in this process; readers in other processes look by themselves."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from steelyard.core.digest import Digest
from steelyard.jobs.models import JobFault


@dataclass(slots=True)
class Arrival:
    """One blob on its way. ``trouble`` is why no byte comes just now; ``right`` is the file (its inode) whose hash was
    found right."""

    readers: set[asyncio.Event] = field(default_factory=set)
    trouble: JobFault | None = None
    right: int | None = None


class Arrivals:
    """What is read while it is coming in. Used from the event loop's thread only."""

    def __init__(self) -> None:
        self._known: dict[Digest, Arrival] = {}

    def moved(self, digest: Digest) -> None:
        """More of the blob can be read, or it is done with."""
        self._tell(digest, None)

    def troubled(self, digest: Digest, fault: JobFault) -> None:
        """No byte comes just now, and this is why; also for those who begin to read before the next one comes."""
        self._known.setdefault(digest, Arrival())
        self._tell(digest, fault)

    def verified(self, digest: Digest, inode: int) -> None:
        """All of the blob is there and its hash is right: whoever reads it need not wait until the disk has it too."""
        self._tell(digest, None, inode)

    @contextmanager
    def reading(self, digest: Digest) -> Iterator["Reader"]:
        """Somebody reads it, for as long as the block runs."""
        arrival, event = self._known.setdefault(digest, Arrival()), asyncio.Event()
        arrival.readers.add(event)
        try:
            yield Reader(arrival, event)
        finally:
            arrival.readers.discard(event)
            self._forget(digest, arrival)

    def _tell(self, digest: Digest, fault: JobFault | None, right: int | None = None) -> None:
        arrival = self._known.get(digest)
        if arrival is not None:
            arrival.trouble, arrival.right = fault, right
            for event in arrival.readers:
                event.set()
            self._forget(digest, arrival)

    def _forget(self, digest: Digest, arrival: Arrival) -> None:
        if not arrival.readers and arrival.trouble is None:
            self._known.pop(digest, None)


class Reader:
    """One reader of a blob."""

    def __init__(self, arrival: Arrival, event: asyncio.Event) -> None:
        self._arrival = arrival
        self._event = event

    @property
    def trouble(self) -> JobFault | None:
        """Why no byte comes just now, as far as this process knows."""
        return self._arrival.trouble

    def is_right(self, inode: int) -> bool:
        """Whether this very file is the one whose hash was found right, as far as this process knows."""
        return self._arrival.right == inode

    async def wait(self, seconds: float) -> None:
        """Return when something changed, or after a while: another process may bring it."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return
        self._event.clear()
