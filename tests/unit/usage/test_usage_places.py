"""Where the log is looked at for a filter: bounds from bags, neighbours joined, and no row read for a plain total."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, event

from steelyard.core.clock import system_clock
from steelyard.db.database import Database
from steelyard.usage.events import Event, milliseconds
from steelyard.usage.fold import Fold
from steelyard.usage.keys import EventKeys
from steelyard.usage.lines import EventFilter, count
from steelyard.usage.places import Numbers, Place, joined, most, places
from steelyard.usage.sheets import Dim, Scope, Sum, code
from steelyard.usage.words import Dictionary
from steelyard.usage.writing import Kept, add

TYPES = ("generation_completed", "generation_failed", "generation_request", "generation_started", "model_load", "get")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
BAG = {
    code(Dim.SUM, Sum.EVENTS): 10, code(Dim.SUM, Sum.REQUESTS): 8, code(Dim.TYPE, 1): 6, code(Dim.TYPE, 2): 4,
    code(Dim.FAILED_TYPE, 1): 2, code(Dim.FAILED_TYPE, 2): 1, code(Dim.MODEL, 5): 3, code(Dim.ADDRESS, 9): 8,
    code(Dim.SUM, Sum.JUDGED): 7, code(Dim.SUM, Sum.FAILED): 2,
}  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "scope", "bound"),
    [
        (Numbers(), Scope.DEPOT, 10), (Numbers(type=2), Scope.DEPOT, 4), (Numbers(type=3), Scope.DEPOT, 0),
        (Numbers(success=False), Scope.DEPOT, 3), (Numbers(success=False, type=2), Scope.DEPOT, 1),
        (Numbers(success=True), Scope.DEPOT, 6), (Numbers(success=True, type=1), Scope.DEPOT, 4),
        (Numbers(model=5), Scope.PRINCIPAL, 5),
        (Numbers(model=6), Scope.PRINCIPAL, 2), (Numbers(model=6), Scope.MODEL, 10),
        (Numbers(address=9, model=5), Scope.PRINCIPAL, 5), (Numbers(address=9, model=5), Scope.ADDRESS, 5),
        (Numbers(principals=frozenset({1})), Scope.MODEL, 2),
    ],
)  # fmt: skip
def test_a_bag_bounds_how_many_events_can_be_wanted(wanted: Numbers, scope: Scope, bound: int) -> None:
    assert most(BAG, scope, wanted) == bound


def test_neighbours_are_one_part() -> None:
    found = [Place(first, first + 10, 1, is_exact=True) for first in (90, 80, 50, 40, 30, 10)]
    assert joined(found) == [(80, 100), (30, 60), (10, 20)]
    assert joined([]) == []


async def test_plain_totals_come_from_sheets_alone(usage_log: Database) -> None:
    await _fill(usage_log)
    plain = [
        EventFilter(), EventFilter(model="org/a"), EventFilter(principals=frozenset({1, 2})), EventFilter(type="a"),
        EventFilter(address="::1", type="b"), EventFilter(success=False), EventFilter(since=NOON.replace(hour=0)),
        EventFilter(success=True), EventFilter(success=True, type="b"), EventFilter(success=True, address="::1"),
    ]  # fmt: skip
    for wanted in plain:
        total, statements = await usage_log.read(lambda connection, wanted=wanted: _watched(connection, wanted))  # type: ignore[misc]
        assert total == 40 if wanted.type is None and wanted.success is None else 0 < total < 40
        assert [one for one in statements if "usage_log" in one and "max(" not in one and "min(" not in one] == []


@pytest.mark.parametrize("seed", range(4))
async def test_totals_of_what_went_well_are_those_of_the_rows(usage_log: Database, seed: int) -> None:
    """With events that are no requests, starts, and those of which nobody knows how they went."""
    dice, keys = Random(seed), EventKeys()  # noqa: S311 - no secret
    happened = [
        Event(
            dice.choice(TYPES), NOON + timedelta(hours=dice.randrange(100)), "org/a", dice.randrange(1, 4), "::1",
            success=dice.choice([True, True, False, None]), request=dice.choice([None, str(number)]),
        )
        for number in range(200)
    ]  # fmt: skip
    kept = [Kept(keys.key(milliseconds(one.at)), one) for one in happened]
    await usage_log.write(lambda connection: add(connection, kept, Dictionary()))
    await Fold(usage_log, system_clock).fold_all()
    for kind in (None, *TYPES):
        for person in (None, 1):
            people = None if person is None else frozenset({person})
            wanted = EventFilter(type=kind, success=True, principals=people)
            well = [
                one
                for one in happened
                if kind in {None, one.type} and person in {None, one.principal} and _went_well(one)
            ]
            assert await usage_log.read(lambda connection, wanted=wanted: count(connection, wanted)) == len(well)  # type: ignore[misc]


def _went_well(one: Event) -> bool:
    return one.success is True or (one.success is None and one.type == "generation_completed")


async def test_places_are_newest_first_and_have_every_event(usage_log: Database) -> None:
    await _fill(usage_log)
    found = await usage_log.read(lambda connection: list(places(connection, Numbers())))
    assert [place.first for place in found] == sorted((place.first for place in found), reverse=True)
    assert (sum(place.bound for place in found), all(place.is_exact for place in found)) == (40, True)
    cut = found[1].first + 1
    parts = await usage_log.read(lambda connection: list(places(connection, Numbers(first=cut))))
    assert [(part.first, part.is_exact) for part in parts] == [(found[0].first, True), (cut, False)]


def _watched(connection: Connection, wanted: EventFilter) -> tuple[int, list[str]]:
    statements: list[str] = []

    def see(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(connection, "before_cursor_execute", see)
    return count(connection, wanted), statements


async def _fill(usage_log: Database) -> None:
    keys = EventKeys()
    batch = [
        Event("ab"[number % 2], NOON + timedelta(hours=7 * number), "org/a", number % 2 + 1, "::1", success=number > 9)
        for number in range(40)
    ]
    kept = [Kept(keys.key(milliseconds(one.at)), one) for one in batch]
    await usage_log.write(lambda connection: add(connection, kept, Dictionary()))
    await Fold(usage_log, system_clock).fold_all()
