"""Bursts of events, in which whatever can wait should: counting them takes twice as long as taking them in."""

from collections.abc import Iterator
from contextlib import contextmanager

from steelyard.core.clock import Clock

# Then counting goes on beside it: what is not counted yet makes statistics slow. And so long nothing must come until
# there is another burst: short pauses between batches are no end of one.
LONGEST_SECONDS = 5.0
_CALM_SECONDS = 0.25  # between two batches of one burst


class Rush:
    """Whether a burst is on. Whoever takes in much at once says so."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._inside = 0
        self._began = self._last = float("-inf")

    @contextmanager
    def during(self) -> Iterator[None]:
        """Much is taken in now."""
        if not self._inside and self._clock.monotonic() - self._last >= LONGEST_SECONDS:
            self._began = self._clock.monotonic()
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
            self._last = self._clock.monotonic()

    @property
    def is_on(self) -> bool:
        """Whether to wait; never for longer than some seconds, however long it goes on."""
        return not self._is_calm() and self._clock.monotonic() - self._began < LONGEST_SECONDS

    def _is_calm(self) -> bool:
        return not self._inside and self._clock.monotonic() - self._last >= _CALM_SECONDS
