"""What is in memory and who waits, whoever asks."""

from collections.abc import Sequence
from dataclasses import dataclass

from steelyard.serving.protocol import LoadedModel


@dataclass(frozen=True, slots=True)
class ServingState:
    """For people who look after the depot. ``waiting`` requests by model, ``budget`` and ``bytes`` of memory; ``bytes``
    counts what comes and goes as well. ``public`` are the names of those in memory that everybody may see."""

    loaded: Sequence[LoadedModel]
    waiting: dict[str, int]
    bytes: int
    budget: int
    most: int | None
    public: Sequence[str] = ()
