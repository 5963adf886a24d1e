"""Chance with a seed: the same seed gives the same days. Pure."""

import math
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A few shapes of chance over one seeded source."""

    def __init__(self, *seeds: object) -> None:
        self._random = random.Random("/".join(map(str, seeds)))

    def happens(self, probability: float) -> bool:
        """Whether it happens."""
        return self._random.random() < probability

    def between(self, low: float, high: float) -> float:
        """Anything between, evenly."""
        return self._random.uniform(low, high)

    def count(self, mean: float) -> int:
        """How often something happens that happens ``mean`` times on average (Poisson, by Knuth's way)."""
        left, found = math.exp(-mean), -1
        product = 1.0
        while product > left:
            product *= self._random.random()
            found += 1
        return found

    def around(self, middle: float, spread: float) -> float:
        """Around a middle that half of all exceed, with a long tail (log-normal)."""
        return middle * math.exp(self._random.gauss(0.0, spread))

    def run(self, mean: float) -> int:
        """How many in a row: one at least, ``mean`` on average (geometric)."""
        return 1 + int(math.log(1.0 - self._random.random()) / math.log(1.0 - 1.0 / mean)) if mean > 1 else 1

    def one_of(self, values: Sequence[T], weights: Sequence[float] | None = None) -> T:
        """One of them, by their weights."""
        return self._random.choices(values, weights)[0]

    def hexadecimal(self, length: int) -> str:
        """Digits that look like a hash."""
        return f"{self._random.getrandbits(4 * length):0{length}x}"
