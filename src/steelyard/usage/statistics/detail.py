"""A range in detail: figures, a series, patterns, and who had how much of it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest

from steelyard.usage.counts import by_dim
from steelyard.usage.sheets import SERIES, Bag, Dim, Sum
from steelyard.usage.statistics.figures import Figures, Parts, figures_of, rate_of
from steelyard.usage.statistics.ranges import Range
from steelyard.usage.statistics.tally import HOURS, Tally

_PLACE = {measure: place for place, measure in enumerate(SERIES)}
_MOST_PEAKS = 5
_MOST_LINES = 100  # of models, people and addresses: more than are shown, since several may be one
_MOST_AGENTS = 10
_MOST_PARAMETERS = 200
_MOST_VALUES = 10  # of one parameter
_NOTHING = [0] * len(SERIES)


@dataclass(frozen=True, slots=True)
class Point:
    """One period; quarters since 1970."""

    first: int
    end: int
    sums: tuple[int, ...]

    def of(self, measure: Sum) -> int:
        """One of the sums."""
        return self.sums[_PLACE[measure]]

    @property
    def rate(self) -> float | None:
        """How many uses went well, as a part of all."""
        return rate_of(self.of(Sum.USES), self.of(Sum.USES_FAILED))

    @property
    def average_ms(self) -> float | None:
        """The average duration of a use."""
        timed = self.of(Sum.TIMED)
        return round(self.of(Sum.DURATION_US) / timed / 1000, 3) if timed > 0 else None


@dataclass(frozen=True, slots=True)
class Share:
    """What one of many has of the whole."""

    uses: int = 0
    requests: int = 0
    failures: int = 0
    bytes_out: int = 0
    tokens: int = 0
    busy_us: int = 0

    def __add__(self, other: "Share") -> "Share":
        """Two that are one."""
        return Share(
            self.uses + other.uses, self.requests + other.requests, self.failures + other.failures,
            self.bytes_out + other.bytes_out, self.tokens + other.tokens, self.busy_us + other.busy_us,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """What a tally tells, with words and people still as numbers. Shares are by word or principal."""

    wanted: Range
    figures: Figures
    points: list[Point]
    peak_hours: list[int]
    pattern: list[list[int]]
    parameters: dict[int, int]
    types: dict[int, int]
    errors: dict[int, int]
    agents: dict[int, int]
    models: dict[int, Share]
    people: dict[int, Share]
    addresses: dict[int, Share]

    @property
    def words(self) -> set[int]:
        """Every word that must be spelled to show this, but for models and addresses."""
        return {*self.parameters, *self.types, *self.errors, *self.agents}


def tell(tally: Tally, wanted: Range, first_ms: int | None = None) -> Told:
    """What a tally of this range tells. ``first_ms`` as in ``figures_of``."""
    parts = by_dim(tally.counts)
    return Told(
        wanted=wanted,
        figures=figures_of(tally, wanted, first_ms, parts),
        points=points_of(tally, wanted),
        peak_hours=_peaks(tally.hours),
        pattern=[tally.hours[start : start + HOURS] for start in range(0, len(tally.hours), HOURS)],
        parameters=_most(parts.get(Dim.PARAMETER, {}), _MOST_PARAMETERS),
        types=parts.get(Dim.TYPE, {}),
        errors=parts.get(Dim.ERROR, {}),
        agents=_most(parts.get(Dim.AGENT, {}), _MOST_AGENTS),
        models=shares_of_models(parts, _MOST_LINES),
        people=shares_of_people(parts, _MOST_LINES),
        addresses=_shares(parts, Dim.ADDRESS, Dim.FAILED_ADDRESS, most=_MOST_LINES),
    )


def points_of(tally: Tally, wanted: Range) -> list[Point]:
    """Every period of the range in order."""
    return [
        Point(slot.first, slot.end, tuple(tally.slots.get(slot.key, _NOTHING))) for slot in wanted.slots()
    ]  # fmt: skip


def shares_of_models(parts: Parts, most: int | None = None) -> dict[int, Share]:
    """What each model has, by word; of the ``most`` used ones."""
    return _shares(
        parts,
        Dim.MODEL,
        Dim.FAILED_MODEL,
        Dim.USES_OF_MODEL,
        Dim.BYTES_OF_MODEL,
        Dim.TOKENS_OF_MODEL,
        Dim.BUSY_OF_MODEL,
        most=most,
    )


def shares_of_people(parts: Parts, most: int | None = None) -> dict[int, Share]:
    """What each principal has; of the ``most`` busy ones."""
    return _shares(
        parts, Dim.PRINCIPAL, Dim.FAILED_PRINCIPAL, Dim.USES_OF_PRINCIPAL, Dim.BYTES_OF_PRINCIPAL,
        Dim.TOKENS_OF_PRINCIPAL, Dim.BUSY_OF_PRINCIPAL, most=most,
    )  # fmt: skip


def merged(shares: Mapping[int, Share], names: Mapping[int, str]) -> dict[str, Share]:
    """The same by name; several numbers may have one name, and those without any are left out."""
    found: dict[str, Share] = {}
    for number, share in shares.items():
        name = names.get(number)
        if name is not None:
            found[name] = found[name] + share if name in found else share
    return found


def ordered(shares: Mapping[str, Share], by: str = "uses") -> list[tuple[str, Share]]:
    """The largest first: by uses, requests, bytes or tokens, then by requests, then by name."""
    attribute = {"bytes": "bytes_out"}.get(by, by)
    return sorted(shares.items(), key=lambda one: (-getattr(one[1], attribute), -one[1].requests, one[0]))


def parameters_by_name(counts: Mapping[int, int], texts: Mapping[int, str]) -> dict[str, list[tuple[str, int]]]:
    """How often each value of each parameter was given, the most usual first."""
    found: dict[str, list[tuple[str, int]]] = {}
    for number, uses in sorted(counts.items(), key=lambda one: (-one[1], one[0])):
        name, _, value = texts.get(number, "").partition("=")
        values = found.setdefault(name, [])
        if len(values) < _MOST_VALUES:
            values.append((value, uses))
    return found


def _shares(parts: Parts, requests: Dim, failed: Dim, *more: Dim, most: int | None = None) -> dict[int, Share]:
    uses, sent, tokens, busy = [parts.get(dim, {}) for dim in more] or [{}, {}, {}, {}]
    asked, bad = parts.get(requests, {}), parts.get(failed, {})
    numbers = _numbers(asked, uses, sent, tokens)
    if most is not None and len(numbers) > most:
        numbers = nlargest(most, numbers, key=lambda number: (uses.get(number, 0), asked.get(number, 0)))
    return {
        number: Share(
            uses.get(number, 0), asked.get(number, 0), bad.get(number, 0), sent.get(number, 0),
            tokens.get(number, 0), busy.get(number, 0),
        )
        for number in numbers
    }  # fmt: skip


def _numbers(*bags: Bag) -> Sequence[int]:
    return list(dict.fromkeys(number for bag in bags for number in bag))


def _most(counts: Mapping[int, int], number: int) -> dict[int, int]:
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:number])


def _peaks(hours: list[int]) -> list[int]:
    """The hours of the day with the most uses, the busiest first."""
    by_hour = [sum(hours[hour::HOURS]) for hour in range(HOURS)]
    used = [hour for hour in range(HOURS) if by_hour[hour] > 0]
    return sorted(used, key=lambda hour: (-by_hour[hour], hour))[:_MOST_PEAKS]
