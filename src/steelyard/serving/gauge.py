"""What loaded models take of the cards: sampled while any is in memory, and told when it goes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from steelyard.engines.hardware import CardLoad
from steelyard.engines.models import LoadOptions, Weights
from steelyard.engines.protocol import Loaded
from steelyard.engines.usage import tree
from steelyard.serving.live import Live
from steelyard.serving.residents import key_of

_PAUSE = 2.0  # seconds
Look = Callable[[], Awaitable[Sequence[CardLoad]]]


@dataclass(frozen=True, slots=True)
class CardUse:
    """What one model took of the cards, in bytes: in the last sample, at most, and as was foreseen before its load.

    ``percent`` is how busy its cards were in the last sample, ``mean_percent`` in all ``samples``.
    """

    bytes: int
    peak_bytes: int
    planned_bytes: int
    percent: float
    mean_percent: float
    samples: int

    @property
    def megabytes(self) -> float:
        """The peak, as events have it."""
        return round(self.peak_bytes / 2**20, 1)


class Gauge:
    """``run`` is to be kept running. Models on other servers, and those that use no card, have no use."""

    def __init__(
        self,
        live: Callable[[], Sequence[tuple[int, Live]]],
        look: Look,
        plan: Callable[[str, Weights, LoadOptions], int],
        pid_of: Callable[[Loaded], int | None],
        pause: float = _PAUSE,
    ) -> None:
        """``look`` asks the cards; ``plan`` says what an engine foresaw; ``pid_of`` finds a model's process."""
        self._live = live
        self._look = look
        self._plan = plan
        self._pid_of = pid_of
        self._pause = pause
        self._uses: dict[str, CardUse] = {}

    async def run(self) -> None:
        """Until cancelled; without a model in memory the cards are not asked."""
        while True:
            if self._live():
                await self.sample()
            await asyncio.sleep(self._pause)

    async def sample(self) -> None:
        """Ask the cards once."""
        loads = await self._look()
        for _, live in self._live():
            pid = self._pid_of(live.loaded)
            taken = None if pid is None else taken_by(set(tree(pid)), loads)
            if taken is not None:
                self._note(live, *taken)

    def of(self, key: str) -> CardUse | None:
        """What a loaded model takes; None before the first sample."""
        return self._uses.get(key)

    def close(self, key: str) -> CardUse | None:
        """What a model took that has gone; asked once."""
        return self._uses.pop(key, None)

    def _note(self, live: Live, size: int, percent: float) -> None:
        key = key_of(live.weights)
        planned = self._plan(live.engine, live.weights, live.options)
        before = self._uses.get(key, CardUse(0, 0, planned, 0.0, 0.0, 0))
        count = before.samples + 1
        mean = before.mean_percent + (percent - before.mean_percent) / count
        self._uses[key] = CardUse(size, max(size, before.peak_bytes), planned, percent, mean, count)


def taken_by(processes: set[int], loads: Sequence[CardLoad]) -> tuple[int, float] | None:
    """Bytes on all cards and how busy these are, of the processes of one model; None where they use no card."""
    mine = [(load, _shares(processes, load.processes)) for load in loads]
    used = [(load, size) for load, size in mine if size]
    if not used:
        return None
    return sum(size for _, size in used), sum(load.percent for load, _ in used) / len(used)


def _shares(processes: set[int], sizes: Mapping[int, int]) -> int:
    return sum(size for pid, size in sizes.items() if pid in processes)
