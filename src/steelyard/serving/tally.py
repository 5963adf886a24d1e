"""How often models came into memory and left it, since this process started."""

from collections import Counter
from collections.abc import Mapping

from steelyard.serving.live import Story

OK, FAILED, CRASHED = "ok", "failed", "crashed"
REASONS = ("evicted", "idle", "dismissed", "abandoned", "shutdown", CRASHED)


class Tally:
    """Hears of every load and unload, and counts."""

    def __init__(self) -> None:
        self._loads = Counter({OK: 0, FAILED: 0})
        self._unloads = Counter(dict.fromkeys(REASONS, 0))

    @property
    def loads(self) -> Mapping[str, int]:
        """By how they ended."""
        return dict(self._loads)

    @property
    def unloads(self) -> Mapping[str, int]:
        """By why they were."""
        return dict(self._unloads)

    def count(self, story: Story) -> None:
        """One more."""
        if story.is_load:
            self._loads[OK if story.success else FAILED] += 1
        else:
            self._unloads[story.why if story.success else CRASHED] += 1
