"""Those who wait for a model, in the order they came."""

from collections.abc import Iterator

from steelyard.serving.limits import Limits
from steelyard.serving.moves import Demand


class Line:
    """All who wait; times are moments of the scheduler's clock."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._demands: dict[int, Demand] = {}
        self._since: dict[int, float] = {}

    def __iter__(self) -> Iterator[Demand]:
        """The first in line first; whoever leaves on the way does no harm."""
        return iter(list(self._demands.values()))

    def __bool__(self) -> bool:
        return bool(self._demands)

    def add(self, demand: Demand, now: float) -> None:
        """One more, at the end."""
        self._demands[demand.id] = demand
        self._since[demand.id] = now

    def drop(self, demand: int) -> None:
        """Wait no longer; nothing happens where nobody of that number waits."""
        self._demands.pop(demand, None)
        self._since.pop(demand, None)

    def of(self, key: str) -> list[Demand]:
        """Who waits for one model."""
        return [one for one in self._demands.values() if one.key == key]

    def is_full(self, key: str) -> bool:
        """Whether too many wait, for this model or in all."""
        return len(self.of(key)) >= self._limits.queue or len(self._demands) >= self._limits.queue_all

    def since(self, demand: Demand) -> float:
        """When somebody came."""
        return self._since[demand.id]

    def late(self, now: float) -> list[Demand]:
        """Whose time is over."""
        return [one for one in self._demands.values() if one.deadline <= now]

    def widest(self, demand: Demand) -> Demand:
        """Of those who wait for the same model, whoever wants the largest context: it serves all of them."""
        return max(self.of(demand.key), key=lambda one: one.context, default=demand)
