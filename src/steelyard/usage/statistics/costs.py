"""What uses and storage cost, by the prices in the settings. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from steelyard.usage.statistics.detail import Share
from steelyard.usage.statistics.ranges import Range

US_OF_HOUR = 3_600_000_000
_BYTES_OF_GB = 10**9
_QUARTERS_OF_MONTH = 96 * 365.25 / 12


@dataclass(frozen=True, slots=True)
class Prices:
    """Of an hour in which an engine is busy, and of a stored gigabyte (10^9 bytes) for a month."""

    gpu_hour: float = 0.0
    gb_month: float = 0.0
    currency: str = "EUR"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one model or person came to."""

    name: str
    uses: int
    gpu_hours: float
    gpu_cost: float
    size: int = 0
    storage_cost: float = 0.0

    @property
    def total(self) -> float:
        """Both together."""
        return self.gpu_cost + self.storage_cost


def costs_of(shares: Mapping[str, Share], sizes: Mapping[str, int], prices: Prices, wanted: Range) -> list[Cost]:
    """The costs of each, the dearest first. ``sizes`` are the bytes of models that are stored."""
    names = shares.keys() | sizes.keys()
    found = [_cost(name, shares.get(name, Share()), sizes.get(name, 0), prices, wanted) for name in names]
    return sorted(found, key=lambda one: (-one.total, -one.gpu_hours, one.name))


def storage_cost(size: int, prices: Prices, wanted: Range) -> float:
    """What so many bytes cost for the time of the range."""
    months = (wanted.end - wanted.first) / _QUARTERS_OF_MONTH
    return size / _BYTES_OF_GB * months * prices.gb_month


def gpu_cost(busy_us: int, prices: Prices) -> float:
    """What so many microseconds of a busy engine cost."""
    return busy_us / US_OF_HOUR * prices.gpu_hour


def _cost(name: str, share: Share, size: int, prices: Prices, wanted: Range) -> Cost:
    hours = share.busy_us / US_OF_HOUR
    return Cost(name, share.uses, hours, gpu_cost(share.busy_us, prices), size, storage_cost(size, prices, wanted))
