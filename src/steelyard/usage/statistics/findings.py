"""What statistics answer: plain values, named and in order, as far as somebody may see them."""

from dataclasses import dataclass

from steelyard.usage.statistics.detail import Share, Told
from steelyard.usage.statistics.figures import Figures
from steelyard.usage.statistics.ranges import Range


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """What a list shows of a model: lifetime counts, and the figures of 30 days. Times in milliseconds since 1970."""

    requests: int = 0
    accesses: int = 0
    generations: int = 0
    first_ms: int | None = None
    last_ms: int | None = None
    figures: Figures | None = None


@dataclass(frozen=True, slots=True)
class Detail:
    """A range in detail, in words. ``models``, ``people`` and ``addresses`` are in order, as far as may be seen."""

    told: Told
    parameters: dict[str, list[tuple[str, int]]]
    types: dict[str, int]
    errors: dict[str, int]
    agents: dict[str, int]
    models: list[tuple[str, Share]]
    people: list[tuple[str, Share]]
    addresses: list[tuple[str, Share]]


@dataclass(frozen=True, slots=True)
class Shares:
    """For how many microseconds generations kept engines busy, and what each model and person has of the whole."""

    busy_us: int
    models: dict[str, Share]
    people: dict[str, Share]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Uses by person (rows) and model (columns)."""

    wanted: Range
    people: list[str]
    models: list[str]
    uses: list[list[int]]


@dataclass(slots=True)
class Times:
    """How long statistics took to read, in seconds."""

    number: int = 0
    total: float = 0.0
    longest: float = 0.0
