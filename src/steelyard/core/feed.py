"""What changed, in order and with positions, so that whoever was away can ask what was missed.

Within one process a ring in memory is enough; between processes db.feed keeps a table and listens.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from steelyard.core.ids import new_key

_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Change:
    """One change: ``topic`` names the noun, ``key`` which one. Positions rise, with gaps."""

    position: int
    topic: str
    key: str


@dataclass(frozen=True, slots=True)
class Missed:
    """Changes were lost on the way: whoever follows reads everything anew."""


Heard = Callable[[Change | Missed, bool], None]


class Feed(Protocol):
    """Carries changes to every process, and remembers them for a while."""

    def attach(self, heard: Heard) -> None:
        """Hand every change to ``heard``, in the order of positions; its second argument: this process sent it."""

    def send(self, topic: str, key: str) -> None:
        """Pass a change on. Never waits and never fails; a change may be lost or merged with an equal one."""

    async def newest(self) -> int:
        """The position of the newest change; 0 before the first."""

    async def since(self, position: int) -> Sequence[Change] | None:
        """What came after a position, or None when that is too long ago or unknown here."""

    async def run(self) -> None:
        """Carry until cancelled."""


class RingFeed:
    """The feed of one process: the last few thousand changes.

    Positions begin at the present time, so that one of an earlier process is told to be too old.
    """

    def __init__(self, kept: int = _KEPT) -> None:
        self._heard: list[Heard] = []
        self._first = self._last = new_key()
        self._ring: deque[Change] = deque(maxlen=kept)

    def attach(self, heard: Heard) -> None:
        """Hand every change to ``heard`` at once."""
        self._heard.append(heard)

    def send(self, topic: str, key: str) -> None:
        """Keep a change and hand it on."""
        self._last += 1
        change = Change(self._last, topic, key)
        self._ring.append(change)
        for heard in self._heard:
            heard(change, True)

    async def newest(self) -> int:
        """The position of the newest change."""
        return self._last

    async def since(self, position: int) -> Sequence[Change] | None:
        """What came after a position, or None when the ring does not reach back to it."""
        before_ring = self._ring[0].position - 1 if self._ring else self._first
        if not before_ring <= position <= self._last:
            return None
        return [change for change in self._ring if change.position > position]

    async def run(self) -> None:
        """Nothing to carry: everybody is here."""
