"""A measured figure and its target."""

from dataclasses import dataclass
from enum import Enum
from statistics import median


class Verdict(Enum):
    """Whether a figure is as promised."""

    MET = "ok"
    MISSED = "MISSED"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """What was seen in each round. ``at_least`` and ``below`` are targets for the median; at most one is given."""

    name: str
    unit: str
    rounds: tuple[float, ...]
    at_least: float | None = None
    below: float | None = None

    @property
    def value(self) -> float:
        """The median of the rounds."""
        return median(self.rounds)

    @property
    def target(self) -> str:
        """The target in words; empty when there is none."""
        if self.at_least is not None:
            return f">= {self.at_least:g}"
        return f"< {self.below:g}" if self.below is not None else ""

    @property
    def verdict(self) -> Verdict:
        """Whether the median meets the target."""
        if self.at_least is not None:
            return Verdict.MET if self.value >= self.at_least else Verdict.MISSED
        if self.below is not None:
            return Verdict.MET if self.value < self.below else Verdict.MISSED
        return Verdict.NONE

    def as_json(self) -> dict[str, object]:
        """All of it, for a file."""
        return {
            "name": self.name, "unit": self.unit, "median": self.value, "rounds": list(self.rounds),
            "target": self.target, "verdict": self.verdict.value,
        }  # fmt: skip
