"""Requests in numbers: how many, by whom, from where, and how long they took."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from math import ceil
from operator import add

from sqlalchemy import Connection

from steelyard.db.database import Database
from steelyard.downloads.statistics import store
from steelyard.downloads.statistics.store import Counted
from steelyard.downloads.store import RequestFilter
from steelyard.usage.statistics.ranges import Range

_SHOWN = 20
_TENTHS = 10
_NOTHING = Counted()
Lines = list[tuple[str, Counted]]


@dataclass(frozen=True, slots=True)
class Waits:
    """From asking to having, in seconds; None where nothing was completed."""

    average: float | None
    p50: float | None
    p95: float | None
    p99: float | None


@dataclass(frozen=True, slots=True)
class RequestNumbers:
    """All of a range. ``points`` by first and end quarter of an hour since 1970; lines have the most requests first."""

    wanted: Range
    total: Counted
    statuses: dict[str, int]
    sources: dict[str, int]
    kinds: dict[str, int]
    waits: Waits
    people: Lines
    addresses: Lines
    models: Lines
    points: list[tuple[int, int, Counted]]


class RequestStatistics:
    """Reads the history, not event by event but in groups."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, wanted: Range, viewer: str | None, only: str | None) -> RequestNumbers:
        """The numbers of a range; ``viewer`` as in ``RequestFilter``. ``only`` is the one whose lines are shown, and
        None shows everybody's, and addresses."""
        asked = RequestFilter(since=wanted.since, until=wanted.until, viewer=viewer)

        def read(connection: Connection) -> RequestNumbers:
            people = store.by_column(connection, asked, "username")
            seen = people if only is None else {name: one for name, one in people.items() if name == only}
            sources, kinds = (store.by_column(connection, asked, name) for name in ("source", "kind"))
            return RequestNumbers(
                wanted=wanted,
                total=reduce(add, kinds.values(), _NOTHING),
                statuses=store.by_status(connection, asked),
                sources={name: one.requests for name, one in sources.items()},
                kinds={name: one.requests for name, one in kinds.items()},
                waits=waits_of(store.durations(connection, asked)),
                people=_most(seen),
                addresses=_most(store.by_column(connection, asked, "vpn_ip")) if only is None else [],
                models=_most(store.by_column(connection, asked, "model")),
                points=points_of(store.by_quarter(connection, asked), wanted),
            )

        return await self._database.read(read)


def waits_of(tenths: Mapping[int, int]) -> Waits:
    """Average and percentiles of durations, counted by tenths of a second."""
    number = sum(tenths.values())
    if not number:
        return Waits(None, None, None, None)
    average = sum(took * many for took, many in tenths.items()) / number / _TENTHS
    return Waits(round(average, 3), *(_percentile(tenths, ceil(part * number)) for part in (0.5, 0.95, 0.99)))


def points_of(quarters: Mapping[int, Counted], wanted: Range) -> list[tuple[int, int, Counted]]:
    """The periods of a range with their counts."""
    rest = sorted(quarters, reverse=True)
    found = []
    for slot in wanted.slots():
        total = _NOTHING
        while rest and rest[-1] < slot.end:
            total += quarters[rest.pop()]
        found.append((slot.first, slot.end, total))
    return found


def _percentile(tenths: Mapping[int, int], wanted: int) -> float:
    seen, took = 0, 0
    for took in sorted(tenths):
        seen += tenths[took]
        if seen >= wanted:
            break
    return took / _TENTHS


def _most(lines: Mapping[str, Counted]) -> Lines:
    return sorted(lines.items(), key=lambda line: (-line[1].requests, line[0]))[:_SHOWN]
