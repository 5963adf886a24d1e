"""The bounds within which the scheduler works."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """``budget`` is in bytes of memory for all models; ``most`` bounds their number, None: what fits.

    ``parallel``: requests that one model answers at the same time; ``queue``: that wait for one model; ``queue_all``:
    that wait in all. Times in seconds: ``keep_alive`` after the last use, ``cooldown`` after a load that failed.
    """

    budget: int
    most: int | None = None
    parallel: int = 4
    queue: int = 64
    queue_all: int = 512
    keep_alive: float = 300.0
    cooldown: float = 15.0
