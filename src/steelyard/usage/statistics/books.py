"""The books: how the store grew, and what it all cost."""

from dataclasses import dataclass

from steelyard.usage.statistics.costs import US_OF_HOUR, Cost, Prices, costs_of, gpu_cost, storage_cost
from steelyard.usage.statistics.growth import Size, growth_of
from steelyard.usage.statistics.holdings import Holdings
from steelyard.usage.statistics.names import Looker, Shelf
from steelyard.usage.statistics.ranges import Range
from steelyard.usage.statistics.service import Statistics

_MOST_LINES = 1000  # the dearest


@dataclass(frozen=True, slots=True)
class Bill:
    """What a range cost. The sums are of everything; lines stand for what may be seen."""

    wanted: Range
    prices: Prices
    gpu_hours: float
    gpu_cost: float
    stored_bytes: int
    storage_cost: float
    models: list[Cost]
    people: list[Cost]


class Books:
    """Puts what the shelf holds beside what the log counts."""

    def __init__(self, statistics: Statistics, shelf: Shelf, holdings: Holdings, prices: Prices) -> None:
        self._statistics = statistics
        self._shelf = shelf
        self._holdings = holdings
        self._prices = prices

    async def growth(self, wanted: Range) -> tuple[int, list[Size]]:
        """The bytes that are held now, and how they came to be so many."""
        held, arrivals = await self._shelf.held(), await self._shelf.arrivals()
        return held, growth_of(arrivals, wanted, await self._holdings.samples(held))

    async def costs(self, wanted: Range, looker: Looker) -> Bill:
        """What a range cost, by model and by person."""
        shares = await self._statistics.bill(wanted, looker)
        held = await self._shelf.held()
        sizes = await self._shelf.sizes(looker.viewer)
        return Bill(
            wanted=wanted,
            prices=self._prices,
            gpu_hours=shares.busy_us / US_OF_HOUR,
            gpu_cost=gpu_cost(shares.busy_us, self._prices),
            stored_bytes=held,
            storage_cost=storage_cost(held, self._prices, wanted),
            models=costs_of(shares.models, sizes, self._prices, wanted)[:_MOST_LINES],
            people=costs_of(shares.people, {}, self._prices, wanted)[:_MOST_LINES],
        )
