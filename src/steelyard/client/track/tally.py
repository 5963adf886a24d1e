"""What became of the events of this process."""

import threading
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Counts of events. Nothing raises into the program that is tracked, so this is where to look.

    ``delivered`` are in the depot for good, ``rejected`` were refused by it, ``dropped`` had no room or could not be
    written down. Those that are in none of these wait.
    """

    tracked: int = 0
    delivered: int = 0
    rejected: int = 0
    dropped: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def add(self, *, tracked: int = 0, delivered: int = 0, rejected: int = 0, dropped: int = 0) -> None:
        """Count so many more, from any thread."""
        with self._lock:
            self.tracked += tracked
            self.delivered += delivered
            self.rejected += rejected
            self.dropped += dropped
