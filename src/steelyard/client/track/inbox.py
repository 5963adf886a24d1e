"""Where events wait in memory until the courier comes."""

import threading
from collections import deque


class Inbox:
    """Lines in the order in which they came, at most ``limit`` of them.

    Nobody waits for a lock here: both ends of a deque are safe to use at once.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lines: deque[bytes] = deque()
        self._bell = threading.Event()

    def put(self, line: bytes) -> bool:
        """Whether there was room for it."""
        if len(self._lines) >= self._limit:
            return False
        self._lines.append(line)
        self._bell.set()
        return True

    def take(self) -> list[bytes]:
        """All that wait."""
        return [self._lines.popleft() for _ in range(len(self._lines))]

    def ring(self) -> None:
        """Wake whoever waits."""
        self._bell.set()

    def wait(self, seconds: float | None) -> None:
        """Return when something comes, when somebody rings, or after so many seconds."""
        self._bell.wait(seconds)
        self._bell.clear()
