"""Starts and ends of other services: each request counts once, whatever comes when."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, delete
from sqlalchemy.event import listen, remove

from steelyard.db.database import Database
from steelyard.identity.people import AccessRule
from steelyard.testing.clock import HandClock
from steelyard.usage import day_marks
from steelyard.usage.fold import Fold
from steelyard.usage.intake.limits import IntakeLimits
from steelyard.usage.intake.tables import reported, unfinished
from steelyard.usage.keys import DAY_MS
from steelyard.usage.tables import events, hot, sheets, totals
from steelyard.usage.turns import Turns
from tests.recount import assert_as_recounted
from tests.unit.usage.intake.reporting import OTHER, Office, said


@pytest.fixture
def office(database: Database, usage_log: Database, clock: HandClock) -> Office:
    """Where starts wait for an hour."""
    return Office(database, usage_log, clock, AccessRule("required"))


@pytest.fixture
def fold(usage_log: Database, clock: HandClock) -> Fold:
    """Counts what came in."""
    return Fold(usage_log, clock, Turns(usage_log))


def types(found: Sequence[Any]) -> list[str]:
    return [event.type for event in found]


def start(request: str = "r", minutes: float = 0, **more: Any) -> Any:
    return said("generation_started", minutes, request_id=request, **more)


def end(request: str = "r", minutes: float = 1, **more: Any) -> Any:
    return said("generation_completed", minutes, request_id=request, **more)


async def test_an_end_knows_what_its_start_said(office: Office) -> None:
    await office.take(start(model="org/a", username="alice", parameters={"steps": 30}, session="s"))
    assert await office.waiting() == 1
    await office.take(end(minutes=1.5))
    begun, ended = await office.stored()
    assert (ended.model, ended.principal, ended.session) == ("org/a", begun.principal, "s")
    assert (ended.duration_ms, ended.parameters) == (90_000, {"steps": 30})
    assert await office.waiting() == 0


async def test_what_the_end_says_itself_is_not_changed(office: Office) -> None:
    await office.take(start(model="org/a", username="alice"))
    await office.take(end(model="org/b", username="bob", duration_ms=5))
    begun, ended = await office.stored()
    assert (ended.model, ended.duration_ms) == ("org/b", 5)
    assert ended.principal != begun.principal


async def test_both_in_one_batch(office: Office) -> None:
    await office.take(end(), start(model="org/a"))
    _, ended = await office.stored()
    assert (ended.model, ended.duration_ms) == ("org/a", 60_000)
    assert await office.waiting() == 0


async def test_the_start_is_found_when_it_was_folded(office: Office, fold: Fold) -> None:
    await office.take(start(model="org/a"))
    await fold.fold_all()
    await office.take(end())
    assert (await office.stored())[1].model == "org/a"


async def test_another_reporters_end_is_not_ours(office: Office) -> None:
    await office.take(start())
    await office.take(end(), caller=OTHER)
    assert await office.waiting() == 1


async def test_nobody_is_failed_before_its_time(office: Office, clock: HandClock) -> None:
    await office.take(start())
    clock.forward(minutes=59)
    await office.unfinished.look()
    assert types(await office.stored()) == ["generation_started"]


async def test_a_start_whose_end_does_not_come_is_a_failure(office: Office, clock: HandClock) -> None:
    await office.take(start(model="org/a", username="alice"))
    clock.forward(minutes=60)
    await office.unfinished.look()
    await office.unfinished.look()
    found = await office.stored()
    failed = next(event for event in found if event.type == "generation_failed")
    assert len(found) == 2
    assert (failed.success, failed.error_code, failed.model, failed.request) == (False, "unfinished", "org/a", "r")
    assert failed.principal == found[0].principal


@pytest.mark.parametrize("folds", [(), (1,), (2,), (1, 2)])
async def test_a_late_end_takes_the_failure_back(
    office: Office, fold: Fold, clock: HandClock, usage_log: Database, folds: tuple[int, ...]
) -> None:
    await office.take(start(model="org/a"))
    clock.forward(minutes=60)
    await office.unfinished.look()
    if 1 in folds:
        await fold.fold_all()
    await office.take(end(minutes=61))
    if 2 in folds:
        await fold.fold_all()
    await office.unfinished.look()
    assert types(await office.stored()) == ["generation_started", "generation_completed"]
    assert await office.waiting() == 0
    await fold.fold_all()
    await assert_as_recounted(usage_log, with_totals=False)


async def test_a_failure_that_waits_to_be_folded_is_no_secret_change(
    office: Office, clock: HandClock, usage_log: Database
) -> None:
    def changes(connection: Connection) -> int:
        return day_marks.changes(connection, 0, 99_999)

    await office.take(start(model="org/a"))
    clock.forward(minutes=60)
    await office.unfinished.look()
    before = await usage_log.read(changes)
    await office.take(end(minutes=61))
    await office.unfinished.look()
    assert await usage_log.read(changes) == before + 1


async def test_an_end_that_came_before_its_start(office: Office, clock: HandClock) -> None:
    await office.take(end(minutes=1))
    await office.take(start())
    clock.forward(minutes=60)
    await office.unfinished.look()
    assert types(await office.stored()) == ["generation_started", "generation_completed"]
    assert await office.waiting() == 0


async def test_an_end_that_comes_twice_with_its_id_counts_once(office: Office) -> None:
    await office.take(start(id="1"))
    await office.take(end(id="2"))
    receipt = await office.take(start(id="1"), end(id="2"))
    assert receipt.duplicates == 2
    assert await office.waiting() == 0


async def test_the_same_end_of_another_reporter_ends_nothing(office: Office, clock: HandClock) -> None:
    await office.take(start("job-1"))
    await office.take(end("job-1"), caller=OTHER)
    clock.forward(minutes=60)
    await office.unfinished.look()
    found = await office.stored()
    assert sorted(types(found)) == ["generation_completed", "generation_failed", "generation_started"]


@pytest.mark.parametrize("begins", [True, False])
async def test_a_request_ends_once(office: Office, fold: Fold, begins: bool) -> None:
    if begins:
        await office.take(start(id="0"))
    assert (await office.take(end(id="1"), end(minutes=2, id="2"))).duplicates == 1
    await fold.fold_all()
    receipt = await office.take(said("generation_failed", 3, request_id="r", id="3"))
    assert (receipt.accepted, receipt.duplicates) == (0, 1)
    assert types(await office.stored())[-1] == "generation_completed"


async def test_nobody_searches_the_log_for_ends(office: Office, clock: HandClock) -> None:
    await office.take(start("ended"), start("waiting"), end("ended"))
    clock.forward(minutes=60)
    statements: list[str] = []

    def see(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    listen(Engine, "before_cursor_execute", see)
    await office.unfinished.look()
    remove(Engine, "before_cursor_execute", see)
    assert types(await office.stored()).count("generation_failed") == 1
    assert [one for one in statements if "request" in one.partition("WHERE")[2]] == []


async def test_a_request_ends_once_though_it_was_late(office: Office, clock: HandClock) -> None:
    await office.take(start())
    clock.forward(minutes=60)
    await office.unfinished.look()
    assert (await office.take(end(minutes=61))).accepted == 1
    await office.unfinished.look()
    assert (await office.take(end(minutes=62))).duplicates == 1
    assert types(await office.stored()) == ["generation_started", "generation_completed"]


async def test_that_a_request_ended_is_known_for_days(office: Office, clock: HandClock) -> None:
    await office.take(end())
    clock.forward(days=6)
    await office.unfinished.look()
    assert await office.remembered() == 1
    clock.forward(days=1)
    await office.unfinished.look()
    assert await office.remembered() == 0


async def test_what_is_too_old_is_forgotten(database: Database, usage_log: Database, clock: HandClock) -> None:
    office = Office(database, usage_log, clock, AccessRule("required"), IntakeLimits(oldest_ms=2 * DAY_MS))
    await office.take(start("r1", id="1"), said(id="2"))
    clock.forward(hours=1)
    await office.unfinished.look()
    assert await office.waiting() == 1
    clock.forward(days=5)
    await office.unfinished.look()
    assert await office.waiting() == 0
    assert await usage_log.read(lambda connection: connection.execute(reported.select()).all()) == []


STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["start", "end", "fail"]), st.sampled_from("abc")),
        st.sampled_from([("fold", ""), ("look", ""), ("wait", "")]),
    ),
    max_size=14,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS)
async def test_in_whatever_order_everything_comes(
    database: Database, usage_log: Database, steps: list[tuple[str, str]]
) -> None:
    """In the end no request has both an end and the failure that stood for it, and the sheets are as a recount."""
    await usage_log.write(_empty)
    clock = HandClock()
    office = Office(database, usage_log, clock, AccessRule("required"))
    fold = Fold(usage_log, clock, Turns(usage_log))
    for number, (step, request) in enumerate(steps):
        await _do(step, request, number, office, fold, clock)
    clock.forward(hours=2)
    await office.unfinished.look()
    await fold.fold_all()
    found = await office.stored()
    ended = {event.request for event in found if event.type != "generation_started" and event.error_code is None}
    failed = [event.request for event in found if event.error_code == "unfinished"]
    begun = {event.request for event in found if event.type == "generation_started"}
    assert set(failed) == begun - ended
    uses = [event.request for event in found if event.type != "generation_started"]
    assert sorted(uses) == sorted(begun | ended)
    await assert_as_recounted(usage_log, with_totals=False)


async def _do(step: str, request: str, number: int, office: Office, fold: Fold, clock: HandClock) -> None:
    if step == "fold":
        await fold.fold_once()
    elif step == "look":
        await office.unfinished.look()
    elif step == "wait":
        clock.forward(minutes=61)
    elif step == "start":
        await office.take(start(request, number / 100))
    else:
        kind = "generation_completed" if step == "end" else "generation_failed"
        await office.take(said(kind, number / 100, request_id=request))


def _empty(connection: Connection) -> None:
    for table in (events, hot, sheets, totals, reported, unfinished):
        connection.execute(delete(table))
