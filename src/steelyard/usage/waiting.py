"""Those who wait for their events to be safe, in the order in which they came."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from steelyard.usage.writing import Kept

GROUP = 1000
_LIMIT = 50_000
Done = asyncio.Future[bool]


class Waiting(NamedTuple):
    """Events that came together, and who wants to know that they are safe."""

    batch: Sequence[Kept]
    done: Done
    since: float


class WaitingLine:
    """At most 50,000 events; who comes then is told at once that they are lost."""

    def __init__(self) -> None:
        self._line: deque[Waiting] = deque()
        self._count = 0
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        return len(self._line)

    @property
    def since(self) -> float | None:
        """When the first came."""
        return self._line[0].since if self._line else None

    def has_room(self, count: int) -> bool:
        """Whether so many more fit."""
        return self._count + count <= _LIMIT

    def join(self, batch: Sequence[Kept], since: float) -> Done:
        """Wait at the end; the future tells whether the events were kept."""
        done: Done = asyncio.get_running_loop().create_future()
        self._line.append(Waiting(batch, done, since))
        self._count += len(batch)
        self._filled.set()
        return done

    def go_back(self, group: list[Waiting]) -> None:
        """Wait once more, before all others."""
        self._line.extendleft(reversed(group))
        self._count += len(batch_of(group))
        self._filled.set()

    async def filled(self) -> None:
        """Return once somebody waits, or was woken up."""
        await self._filled.wait()

    def wake(self) -> None:
        """Let who waits for somebody go on, until somebody is taken."""
        self._filled.set()

    def calm(self) -> None:
        """Nobody was woken up."""
        if not self._line:
            self._filled.clear()

    def next_group(self) -> list[Waiting]:
        """Take the first, with at most 1,000 events where one alone has not more."""
        group = [self._line.popleft()]
        size = len(group[0].batch)
        while self._line and size + len(self._line[0].batch) <= GROUP:
            group.append(self._line.popleft())
            size += len(group[-1].batch)
        self._count -= size
        self.calm()
        return group


def batch_of(group: list[Waiting]) -> list[Kept]:
    """The events of a group."""
    return [kept for waiting in group for kept in waiting.batch]


def answer(group: list[Waiting], *, is_kept: bool = True) -> None:
    """Tell those who were not told yet."""
    for waiting in group:
        if not waiting.done.done():
            waiting.done.set_result(is_kept)
