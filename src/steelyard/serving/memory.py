"""What is in memory, and what fits."""

from steelyard.serving.limits import Limits
from steelyard.serving.moves import Demand
from steelyard.serving.slots import Phase, Slot


class Memory:
    """All slots by the numbers of their loads, and the pins. Models of other servers take nothing of it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._numbers = 0
        self.slots: dict[int, Slot] = {}
        self.pinned: set[str] = set()

    @property
    def here(self) -> list[Slot]:
        """What takes memory of this machine."""
        return [slot for slot in self.slots.values() if not slot.is_elsewhere]

    @property
    def free(self) -> int:
        """Bytes that nothing takes; below zero where models turned out larger than foreseen."""
        free = self._limits.budget
        for slot in self.slots.values():  # asked twice for each request
            if not slot.is_elsewhere:
                free -= slot.bytes
        return free

    @property
    def over(self) -> int:
        """How many models have to go so that one more may come."""
        return 0 if self._limits.most is None else max(0, len(self.here) + 1 - self._limits.most)

    def add(self, demand: Demand) -> Slot:
        """A slot for a load that begins."""
        self._numbers += 1
        slot = Slot(self._numbers, demand.key, demand.bytes, context=demand.context, is_elsewhere=demand.is_elsewhere)
        self.slots[slot.load] = slot
        return slot

    def of(self, key: str) -> list[Slot]:
        """What is there of a model or comes; what leaves is as good as gone."""
        return [slot for slot in self.slots.values() if slot.key == key and slot.phase is not Phase.LEAVING]

    def serving(self, demand: Demand) -> list[Slot]:
        """What is there or comes and is enough for a request."""
        return [slot for slot in self.of(demand.key) if slot.context >= demand.context]

    def is_hopeless(self, demand: Demand) -> bool:
        """Whether a model can never be loaded, whatever idle one goes: pinned ones stay, but for a load of the same."""
        if demand.is_elsewhere:
            return False
        staying = [slot for slot in self.here if slot.key in self.pinned and slot.key != demand.key]
        too_many = self._limits.most is not None and len(staying) >= self._limits.most
        return too_many or demand.bytes > self._limits.budget - sum(slot.bytes for slot in staying)

    def is_in(self, phase: Phase) -> bool:
        """Whether something of this machine's memory is in that phase."""
        return any(slot.phase is phase for slot in self.here)
