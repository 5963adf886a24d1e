"""The SQL of requests in numbers: grouped by the database, so that what is read does not grow with the history."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Float, Integer, Text, cast, extract, func, select

from steelyard.downloads.models import RequestStatus
from steelyard.downloads.store import RequestFilter, conditions
from steelyard.downloads.tables import requests

_QUARTER_SECONDS = 900
_SECONDS_OF_DAY = 86_400.0
_JULIAN_EPOCH = 2_440_587.5  # 1 January 1970, as SQLite counts days
_TO_THE_SECOND = len("2026-11-20 12:00:00")  # SQLite would round a fraction of one up
_STEPS = 10  # of a second: how exact a time to completion is


@dataclass(frozen=True, slots=True)
class Counted:
    """How many requests, how many of them came to a good end or to a bad one, and the bytes of the former."""

    requests: int = 0
    completed: int = 0
    failed: int = 0
    size: int = 0

    def __add__(self, other: "Counted") -> "Counted":
        return Counted(
            self.requests + other.requests,
            self.completed + other.completed,
            self.failed + other.failed,
            self.size + other.size,
        )


_GOOD = frozenset({RequestStatus.COMPLETED.value})
_BAD = frozenset({
    RequestStatus.FAILED.value, RequestStatus.ERROR.value, RequestStatus.TIMEOUT.value,
    RequestStatus.CONNECTION_ERROR.value, RequestStatus.NO_RESULTS.value, RequestStatus.NO_MATCH.value,
})  # fmt: skip


def by_column(connection: Connection, wanted: RequestFilter, column: str) -> dict[str, Counted]:
    """The requests by what a column has; those where it has nothing are left out."""
    return _grouped(connection, wanted, requests.c[column])


def by_quarter(connection: Connection, wanted: RequestFilter) -> dict[int, Counted]:
    """The requests by the quarter of an hour since 1970 in which they came."""
    quarter = _quarter(connection, requests.c.timestamp)
    return {int(key): counted for key, counted in _grouped(connection, wanted, quarter).items()}


def by_status(connection: Connection, wanted: RequestFilter) -> dict[str, int]:
    """How many requests stand how."""
    grouped = select(requests.c.status, func.count()).where(*conditions(wanted)).group_by(requests.c.status)
    return {row[0]: row[1] for row in connection.execute(grouped)}


def durations(connection: Connection, wanted: RequestFilter) -> dict[int, int]:
    """How long completed requests took, by tenths of a second."""
    took = _seconds(connection, requests.c.completed_at) - _seconds(connection, requests.c.timestamp)
    tenth = cast(func.round(took * _STEPS), Integer)
    done = (requests.c.status == RequestStatus.COMPLETED.value, requests.c.completed_at.is_not(None))
    grouped = select(tenth, func.count()).where(*conditions(wanted), *done).group_by(tenth)
    return {max(int(tenths), 0): number for tenths, number in connection.execute(grouped)}


def _grouped(connection: Connection, wanted: RequestFilter, key: ColumnElement[Any]) -> dict[Any, Counted]:
    sizes = func.coalesce(func.sum(requests.c.total_size), 0)
    grouped = select(key, requests.c.status, func.count(), sizes).where(*conditions(wanted), key.is_not(None))
    found: dict[Any, Counted] = {}
    for value, status, number, size in connection.execute(grouped.group_by(key, requests.c.status)):
        is_good = status in _GOOD
        more = Counted(number, number * is_good, number * (status in _BAD), int(size) if is_good else 0)
        found[value] = found.get(value, Counted()) + more
    return found


def _quarter(connection: Connection, column: ColumnElement[Any]) -> ColumnElement[int]:
    """Quarters of an hour since 1970. Days in SQLite's fractions would put one that just begins into that before."""
    if connection.dialect.name == "postgresql":
        return cast(func.floor(_seconds(connection, column) / _QUARTER_SECONDS), Integer)
    whole = func.substr(cast(column, Text), 1, _TO_THE_SECOND)
    return cast(func.strftime("%s", whole), Integer) // _QUARTER_SECONDS


def _seconds(connection: Connection, column: ColumnElement[Any]) -> ColumnElement[float]:
    """Seconds since 1970, in either database."""
    if connection.dialect.name == "postgresql":
        return cast(extract("epoch", column), Float)
    return (func.julianday(cast(column, Text), type_=Float) - _JULIAN_EPOCH) * _SECONDS_OF_DAY
