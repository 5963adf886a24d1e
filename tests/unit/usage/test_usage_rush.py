"""Bursts, and the fold that waits for their end."""

import asyncio

from steelyard.db.database import Database
from steelyard.identity.people import AccessRule
from steelyard.testing.clock import HandClock
from steelyard.usage.fold import Fold
from steelyard.usage.rush import LONGEST_SECONDS, Rush
from tests.unit.usage.intake.reporting import Office, said


def test_it_is_on_while_somebody_is_inside_and_shortly_after(clock: HandClock) -> None:
    rush = Rush(clock)
    seen = [rush.is_on]
    with rush.during():
        with rush.during():
            seen.append(rush.is_on)
        clock.forward(seconds=1)
        seen.append(rush.is_on)
    clock.forward(seconds=0.2)
    seen.append(rush.is_on)
    clock.forward(seconds=0.2)
    seen.append(rush.is_on)
    assert seen == [False, True, True, True, False]


def test_it_is_over_after_some_seconds_whatever_comes(clock: HandClock) -> None:
    rush = Rush(clock)
    for _ in range(20):
        with rush.during():
            clock.forward(seconds=LONGEST_SECONDS / 10)
    seen = [rush.is_on]
    clock.forward(seconds=1)
    with rush.during():
        seen.append(rush.is_on)
    clock.forward(seconds=LONGEST_SECONDS)
    with rush.during():
        seen.append(rush.is_on)
    assert seen == [False, False, True]


def test_short_pauses_between_batches_do_not_begin_another_one(clock: HandClock) -> None:
    rush, seen = Rush(clock), []
    for _ in range(100):
        with rush.during():
            clock.forward(seconds=0.33)
            seen.append(rush.is_on)
        clock.forward(seconds=0.27)
    assert seen == [True] * 8 + [False] * 92


async def test_the_fold_pauses_though_more_wait(database: Database, usage_log: Database, clock: HandClock) -> None:
    office = Office(database, usage_log, clock, AccessRule("required"))
    await office.take(*(said(id=str(number)) for number in range(10)))
    fold = Fold(usage_log, clock, size=2, pause=3600, gives_way=lambda: True)
    run = asyncio.create_task(fold.run())
    while fold.figures.folded < 2:  # noqa: ASYNC110 - threads come there
        await asyncio.sleep(0.001)
    for _ in range(20):
        await asyncio.sleep(0.001)
    run.cancel()
    assert fold.figures.folded == 2


async def test_a_large_batch_is_a_rush_and_a_small_one_is_none(
    database: Database, usage_log: Database, clock: HandClock
) -> None:
    for many, expected in ((1_000, True), (999, False)):
        office = Office(database, usage_log, clock, AccessRule("required"))
        await office.take(*[said()] * many)
        assert office.rush.is_on is expected
