"""Scans come by themselves when it is time, and never twice at once."""

import pytest

from steelyard.catalog.care import checks
from steelyard.catalog.care.models import Usage
from steelyard.catalog.care.schedule import ScanSchedule, is_due
from steelyard.catalog.care.service import CareService
from steelyard.catalog.care.settings import CareSettings
from steelyard.core.signals import Signals
from steelyard.jobs.queue import EmbeddedQueue
from steelyard.jobs.service import JobService
from steelyard.jobs.store import JobFilter
from steelyard.testing.clock import HandClock
from tests.unit.catalog.care.conftest import Shelf


def schedule(shelf: Shelf, hours: float = 24) -> tuple[ScanSchedule, JobService]:
    """With nobody who runs the jobs."""
    service = JobService(shelf.database, EmbeddedQueue(), Signals(), shelf.clock, {})
    return ScanSchedule(shelf.tools, CareService(shelf.tools, service), CareSettings(scan_hours=hours)), service


async def test_one_scan_is_asked_for_while_none_is_done(shelf: Shelf) -> None:
    scans, service = schedule(shelf)
    assert await scans.ask(scans.every)
    assert await scans.ask(scans.every)
    count, jobs = await service.list_page(JobFilter(kind="scan"), 10, 0)
    assert (count, jobs[0].requested_by, jobs[0].priority.word) == (1, None, "low")


async def test_after_a_scan_the_next_one_waits(shelf: Shelf) -> None:
    scans, _ = schedule(shelf, hours=5)
    now = shelf.clock.now()
    await shelf.database.write(lambda connection: checks.remember_usage(connection, Usage(0, 0, 0, 0, 0), now))
    assert not await scans.ask(scans.every)
    shelf.clock.forward(hours=5)
    assert await scans.ask(scans.every)


async def test_zero_hours_is_never(shelf: Shelf) -> None:
    scans, _ = schedule(shelf, hours=0)
    assert not await scans.ask(scans.every)


async def test_the_store_is_named_at_the_start(shelf: Shelf) -> None:
    scans, _ = schedule(shelf)
    await scans.introduce()
    assert (await shelf.database.read(checks.store_record)).identity is not None
    shelf.tools.storage.layout.hub.rmdir()
    await scans.introduce()  # nothing to name, and no reason to stop


@pytest.mark.parametrize("hours", [0, 1, 2])
def test_when_it_is_time(clock: HandClock, hours: int) -> None:
    settings = CareSettings(scan_hours=1)
    last = clock.now()
    clock.forward(hours=hours)
    assert is_due(last, settings.every, clock) is (hours >= 1)
    assert is_due(None, settings.every, clock)
