"""Whether a series rises or falls, or only goes up and down. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, sqrt
from typing import Literal

Direction = Literal["rising", "steady", "falling"]
_FEWEST = 4  # of three values no order is rare enough
_MOST = 120  # each is compared with each: 120 take 0.5 ms
_SIGNIFICANT = 0.05


@dataclass(frozen=True, slots=True)
class Trend:
    """``p`` is how likely chance alone shows such an order, or one still clearer."""

    direction: Direction
    p: float


def trend_of(values: Sequence[int]) -> Trend | None:
    """The trend of equally long periods in order; None for too few of them.

    The test of Mann (1945) and Kendall (1975): it asks only which values are larger than earlier ones, so one busy day
    makes no trend. Ties are allowed for, and the step from whole numbers is corrected.
    """
    values = _shortened(values)
    if len(values) < _FEWEST:
        return None
    score = sum((b > a) - (b < a) for n, a in enumerate(values) for b in values[n + 1 :])
    variance = _variance(values)
    if score == 0 or variance <= 0:
        return Trend("steady", 1.0)
    p = erfc((abs(score) - 1) / sqrt(variance) / sqrt(2))
    if p >= _SIGNIFICANT:
        return Trend("steady", p)
    return Trend("rising" if score > 0 else "falling", p)


def _variance(values: Sequence[int]) -> float:
    count = len(values)
    ties = sum(size * (size - 1) * (2 * size + 5) for size in Counter(values).values())
    return (count * (count - 1) * (2 * count + 5) - ties) / 18


def _shortened(values: Sequence[int]) -> Sequence[int]:
    """Sums of so many neighbours that not too many are left; what does not fill the first sum is left out."""
    width = -(-len(values) // _MOST)
    if width <= 1:
        return values
    first = len(values) % width
    return [sum(values[n : n + width]) for n in range(first, len(values), width)]
