"""How far a download is and how fast: exact bytes, and a speed that neither jumps nor lags."""

from steelyard.core.clock import Clock
from steelyard.jobs.models import Progress

_WINDOW_SECONDS = 5.0
_SAMPLE_SECONDS = 0.25


class Meter:
    """Counts bytes of one job. The speed is that of the last five seconds."""

    def __init__(self, clock: Clock, total: int) -> None:
        self._clock = clock
        self._total = total
        self._done = 0
        self._moved = 0
        self._file: str | None = None
        self._samples: list[tuple[float, int]] = [(clock.monotonic(), 0)]

    def expect(self, size: int) -> None:
        """More is to come than was known."""
        self._total += size

    def found(self, size: int) -> None:
        """Bytes that were here already, or (negative) turned out to be worthless: no speed in them."""
        self._done += size

    def moved(self, size: int, path: str) -> None:
        """Bytes that came over the wire for a file."""
        self._done += size
        self._moved += size
        self._file = path
        self._sample()

    def read(self) -> Progress:
        """The progress now."""
        self._sample()
        return Progress(min(self._done, self._total), self._total, self._speed(), self._file)

    def _sample(self) -> None:
        now = self._clock.monotonic()
        if now - self._samples[-1][0] >= _SAMPLE_SECONDS:
            self._samples.append((now, self._moved))
            while len(self._samples) > 2 and now - self._samples[1][0] > _WINDOW_SECONDS:
                del self._samples[0]

    def _speed(self) -> float | None:
        (start, before), now = self._samples[0], self._clock.monotonic()
        return round((self._moved - before) / (now - start), 1) if now - start >= _SAMPLE_SECONDS else None
