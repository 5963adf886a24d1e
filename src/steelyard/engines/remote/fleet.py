"""Which of several servers answers a request: the one with the fewest for its weight. Pure but for the clock."""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from steelyard.engines.models import Endpoint, Weights

_ERRORS = 3  # in a row, until a server is left out
_PAUSE = 30.0  # seconds that it is left out


@dataclass(slots=True)
class Upstream:
    """One server. ``names`` are those of models here, with their names there; ``until`` it is left out."""

    url: str
    key: str | None = field(default=None, repr=False)
    named: dict[str, str] = field(default_factory=dict)
    weight: float = 1.0
    max_in_flight: int | None = None
    listed: frozenset[str] = frozenset()
    in_flight: int = 0
    errors: int = 0
    until: float = -math.inf

    def name_of(self, weights: Weights) -> str | None:
        """What a model is called there; None where it is not to be asked for.

        A model of this depot is asked for elsewhere only where the settings say so by its name: a server that lists the
        same name does not take it over.
        """
        if weights.is_private:
            return None
        listed = weights.name if weights.name in self.listed and not weights.is_here else None
        return self.named.get(weights.name) or listed

    @property
    def models(self) -> set[str]:
        """The models it has, as they are called here."""
        return {*self.named, *self.listed}

    @property
    def has_room(self) -> bool:
        """Whether it may get one more request."""
        return self.max_in_flight is None or self.in_flight < self.max_in_flight

    def reached(self, now: float, *, is_reachable: bool | None) -> None:
        """News about it, or none. Three connections in vain, and it is left out for half a minute."""
        if is_reachable is None:
            return
        self.errors = 0 if is_reachable else self.errors + 1
        self.until = now + _PAUSE if self.errors >= _ERRORS else -math.inf


class RemoteFleet:
    """The servers that have one model."""

    def __init__(self, weights: Weights, upstreams: Sequence[Upstream], now: Callable[[], float]) -> None:
        """``now``: seconds of a monotonic clock."""
        self._weights = weights
        self._upstreams = upstreams
        self._now = now

    def take(self, avoiding: Collection[str]) -> Endpoint | None:
        """The least busy of those that answer; where none does, the one that was left out first.

        A server that is full gets more only where all are.
        """
        have = [one for one in self._upstreams if one.name_of(self._weights) and one.url not in avoiding]
        if not have:
            return None
        now = self._now()
        chosen = min(
            have, key=lambda one: (max(one.until - now, 0.0), not one.has_room, (one.in_flight + 1) / one.weight)
        )
        chosen.in_flight += 1
        return Endpoint(chosen.url, chosen.name_of(self._weights) or self._weights.name, chosen.key)

    def give_back(self, endpoint: Endpoint, *, is_reachable: bool | None) -> None:
        """Count it as done, and learn from it."""
        for one in self._upstreams:
            if one.url == endpoint.url:
                one.in_flight -= 1
                one.reached(self._now(), is_reachable=is_reachable)
