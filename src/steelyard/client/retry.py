"""When to ask again, and how long to wait before."""

from dataclasses import dataclass

RETRIED_STATUSES = frozenset({502, 503, 504})


@dataclass(frozen=True, slots=True)
class Retry:
    """Doubling waits. ``attempts`` counts the first try; ``longest`` bounds every wait, in seconds.

    Without a server the defaults cost 0.4 s before the caller hears of it.
    """

    attempts: int = 3
    first_wait: float = 0.13
    longest: float = 10.0

    def wait(self, tried: int, retry_after: float | None = None) -> float | None:
        """Seconds to wait after ``tried`` failed attempts, or None to give up.

        A ``Retry-After`` beyond ``longest`` is for the caller to decide, so it gives up at once.
        """
        if tried >= self.attempts or (retry_after is not None and retry_after > self.longest):
            return None
        return max(self.pause(tried), retry_after or 0.0)

    def pause(self, tried: int) -> float:
        """Seconds to wait after ``tried`` failures, however many they are."""
        return min(self.longest, self.first_wait * 2.0 ** min(max(tried, 1) - 1, 30))
