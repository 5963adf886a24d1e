"""Where in the log the events of a filter lie: quarters of an hour, newest first, as the sheets tell.

The log has no index beside its key, so what a filter wants is looked for only where the sheets have counted any of it.
How many there are in a quarter is often known without looking. Only what is folded is in the sheets.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from steelyard.usage.keys import DAY_MS, QUARTER_MS, QUARTERS, at_ms_of, first_key
from steelyard.usage.sheet_store import read_days, read_quarters
from steelyard.usage.sheets import LAST_SUBJECT, Bag, Dim, Scope, Sum, code, of_dim
from steelyard.usage.tables import events

OPEN_END = (1 << 63) - 1
_DAYS = 8  # of which sheets are read at once: a first page needs no more


class Subject(NamedTuple):
    """Whose sheets: a scope, and a number in it."""

    scope: Scope
    number: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """A filter in numbers; None means any. ``first`` is the smallest key that is wanted, ``end`` the first behind."""

    principals: frozenset[int] | None = None
    address: int | None = None
    model: int | None = None
    type: int | None = None
    success: bool | None = None
    type_of_outcome: int | None = None  # an event of this type with no ``success`` has the wanted one
    first: int = 0
    end: int = OPEN_END

    @property
    def choices(self) -> list[list[Subject]]:
        """Of each of these lists of subjects one must be in the event."""
        wanted = []
        if self.principals is not None:
            of_people = sorted(one for one in self.principals if 0 < one <= LAST_SUBJECT)
            wanted.append([Subject(Scope.PRINCIPAL, one) for one in of_people])
        for scope, number in ((Scope.MODEL, self.model), (Scope.ADDRESS, self.address)):
            if number is not None:
                wanted.append([Subject(scope, number)] if number > 0 else [])
        return wanted or [[Subject(Scope.DEPOT, 0)]]


class Place(NamedTuple):
    """A part of the log from one key and before another; at most ``bound`` events match in it, just so many if
    ``is_exact``."""

    first: int
    end: int
    bound: int
    is_exact: bool


class Bound(NamedTuple):
    """At most so many, or just so many."""

    number: int
    is_exact: bool


def places(connection: Connection, wanted: Numbers, *, whole_days: bool = False) -> Iterator[Place]:
    """Where matching events lie, newest first; sheets are read some days at a time, as far as somebody asks.

    ``whole_days``: quarters of a day are not told apart where it is known how many it has.
    """
    first, end = _ends(connection, wanted)
    for end_day in range(end, first, -_DAYS):
        for place in _of_days(connection, wanted, max(first, end_day - _DAYS), end_day, whole_days):
            if (part := _within(place, wanted)) is not None:
                yield part


def _ends(connection: Connection, wanted: Numbers) -> tuple[int, int]:
    """The first day that can have anything that is wanted, and the day behind the last one."""
    # Each by itself: SQLite looks through the whole table for both at once.
    oldest, newest = (connection.execute(select(end(events.c.id))).scalar_one() for end in (func.min, func.max))
    if oldest is None:
        return 0, 0
    last = min(newest, wanted.end - 1)
    return at_ms_of(max(oldest, wanted.first)) // DAY_MS, at_ms_of(last) // DAY_MS + 1


def _of_days(
    connection: Connection, wanted: Numbers, first_day: int, end_day: int, whole_days: bool
) -> Iterator[Place]:
    choices = wanted.choices
    if len(choices) == 1 and (wanted.type is not None or wanted.success is not None):
        yield from _whole_days(connection, choices[0], wanted, first_day, end_day)
        return
    by_choice = [_events(connection, subjects, first_day, end_day) for subjects in choices]
    totals = [sum(map(sum, counted.values())) for counted in by_choice]
    narrowest = choices[totals.index(min(totals))]
    days = set(by_choice[0]).intersection(*by_choice)
    if len(choices) > 1:
        days &= _bounds(connection, narrowest, wanted, first_day, end_day).keys()
    for day in sorted(days, reverse=True):
        counts = [min(each) for each in zip(*(counted[day] for counted in by_choice), strict=True)]
        if len(choices) > 1:
            counts = _narrowed(connection, narrowest, wanted, day, counts)
        is_sure = len(choices) == 1
        whole = _day(day, sum(counts), is_sure)
        if whole_days and is_sure and _within(whole, wanted) == whole:
            yield whole
        else:
            yield from _quarters(day, counts, is_sure)


def _whole_days(
    connection: Connection, subjects: list[Subject], wanted: Numbers, first_day: int, end_day: int
) -> Iterator[Place]:
    """By type and success only whole days are told apart: to unpack the quarters of one of the depot took 40 ms."""
    bounds = _bounds(connection, subjects, wanted, first_day, end_day)
    for day in sorted(bounds, reverse=True):
        yield _day(day, bounds[day].number, bounds[day].is_exact)


def _day(day: int, bound: int, is_sure: bool) -> Place:
    return Place(first_key(day * DAY_MS), first_key((day + 1) * DAY_MS), bound, is_sure)


def _bounds(
    connection: Connection, subjects: list[Subject], wanted: Numbers, first_day: int, end_day: int
) -> dict[int, Bound]:
    """How many of the events of these subjects can be wanted, at most, by day."""
    found: dict[int, Bound] = {}
    for scope, number in subjects:
        for sheet in read_days(connection, scope, number, first_day, end_day, series=False, bags=True):
            if bound := most(sheet.bag, scope, wanted):
                old = found.get(sheet.day, Bound(0, is_exact=True))
                found[sheet.day] = Bound(old.number + bound, old.is_exact and is_just_so_many(sheet.bag, wanted))
    return found


def _events(connection: Connection, subjects: list[Subject], first_day: int, end_day: int) -> dict[int, list[int]]:
    """How many events these subjects have, by day and quarter."""
    found: dict[int, list[int]] = {}
    for scope, number in subjects:
        for sheet in read_days(connection, scope, number, first_day, end_day, series=True, bags=False):
            if (counts := sheet.series.get(Sum.EVENTS)) is not None:
                old = found.get(sheet.day)
                found[sheet.day] = counts if old is None else [a + b for a, b in zip(old, counts, strict=True)]
    return found


def _narrowed(
    connection: Connection, subjects: list[Subject], wanted: Numbers, day: int, counts: list[int]
) -> list[int]:
    """At most how many events of each quarter are wanted, as the bags of these subjects tell."""
    found = [0] * QUARTERS
    for scope, number in subjects:
        for quarter, bag in read_quarters(connection, scope, number, day):
            found[quarter] += most(bag, scope, wanted)
    return [min(both) for both in zip(counts, found, strict=True)]


def most(bag: Bag, scope: Scope, wanted: Numbers) -> int:
    """How many of the events in a bag can be wanted, at most. ``scope`` is what the bag's sheet is about."""
    every = bag.get(code(Dim.SUM, Sum.EVENTS), 0)
    bounds = [every]
    if wanted.type is not None:
        bounds.append(bag.get(code(Dim.TYPE, wanted.type), 0))
    if wanted.success is False and wanted.type is not None:
        bounds.append(bag.get(code(Dim.FAILED_TYPE, wanted.type), 0))
    elif wanted.success is False:
        bounds.append(sum(of_dim(bag, Dim.FAILED_TYPE).values()))
    elif wanted.success is True:
        bounds.append(_went_well(bag, wanted.type))
    # By model, person and address bags count requests alone; each of the other events may be a wanted one.
    others = every - bag.get(code(Dim.SUM, Sum.REQUESTS), 0)
    for dim, numbers in _dims(scope, wanted):
        bounds.append(others + sum(bag.get(code(dim, number), 0) for number in numbers))
    return min(bounds)


def is_just_so_many(bag: Bag, wanted: Numbers) -> bool:
    """Whether ``most`` tells exactly how many of one subject's events are wanted, by type and success alone.

    Of requests it is known how many went well, of each of the other events only whether it failed.
    """
    if wanted.success is not True:
        return True
    every, requests, judged = (bag.get(code(Dim.SUM, one), 0) for one in (Sum.EVENTS, Sum.REQUESTS, Sum.JUDGED))
    return judged == every or (wanted.type is None and requests == every)


def _went_well(bag: Bag, kind: int | None) -> int:
    """How many events can have gone well, at most, of one type or of all."""
    if kind is not None:
        return bag.get(code(Dim.TYPE, kind), 0) - bag.get(code(Dim.FAILED_TYPE, kind), 0)
    sums = (Sum.EVENTS, Sum.REQUESTS, Sum.JUDGED, Sum.FAILED)
    every, requests, judged, failed = (bag.get(code(Dim.SUM, one), 0) for one in sums)
    others_failed = sum(of_dim(bag, Dim.FAILED_TYPE).values()) - failed
    return judged - failed + every - requests - others_failed


def _dims(scope: Scope, wanted: Numbers) -> Iterator[tuple[Dim, list[int]]]:
    if wanted.principals is not None and scope != Scope.PRINCIPAL:
        yield Dim.PRINCIPAL, sorted(wanted.principals)
    if wanted.model is not None and scope != Scope.MODEL:
        yield Dim.MODEL, [wanted.model]
    if wanted.address is not None and scope != Scope.ADDRESS:
        yield Dim.ADDRESS, [wanted.address]


def _quarters(day: int, counts: list[int], is_sure: bool) -> Iterator[Place]:
    """A day's quarters in which there may be any, newest first."""
    for quarter in reversed(range(QUARTERS)):
        if counts[quarter] > 0:
            at_ms = day * DAY_MS + quarter * QUARTER_MS
            yield Place(first_key(at_ms), first_key(at_ms + QUARTER_MS), counts[quarter], is_sure)


def _within(place: Place, wanted: Numbers) -> Place | None:
    """The part of a place that is wanted; of a part nobody knows how many there are."""
    first, end = max(place.first, wanted.first), min(place.end, wanted.end)
    if first >= end:
        return None
    return Place(first, end, place.bound, place.is_exact and (first, end) == (place.first, place.end))


def joined(found: list[Place]) -> list[tuple[int, int]]:
    """Places, newest first, as few longer parts of the log: neighbours are one."""
    parts: list[tuple[int, int]] = []
    for place in found:
        if parts and parts[-1][0] == place.end:
            parts[-1] = (place.first, parts[-1][1])
        else:
            parts.append((place.first, place.end))
    return parts
