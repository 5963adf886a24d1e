"""Models that failed to load a moment ago, and are not tried again at once."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failed:
    """One load that failed: with ``context`` tokens, not to be tried ``until`` then, for this ``reason``."""

    until: float
    reason: str
    context: int


class Cooling:
    """``seconds`` is how long a model is left alone."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._failed: dict[str, Failed] = {}

    def add(self, key: str, context: int, reason: str, now: float) -> None:
        """A load has just failed; what has cooled down is forgotten."""
        self._failed = {key: known for key, known in self._failed.items() if now < known.until}
        self._failed[key] = Failed(now + self._seconds, reason, context)

    def of(self, key: str, context: int, now: float) -> Failed | None:
        """Why a model is left alone; None when it may be loaded. A smaller context may do where a larger did not."""
        known = self._failed.get(key)
        return known if known is not None and now < known.until and context >= known.context else None
