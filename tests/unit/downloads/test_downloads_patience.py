"""Trying again: what passes by itself, how long, and when somebody else should wait instead."""

import pytest

from steelyard.core.errors import SteelyardError
from steelyard.db.database import Database
from steelyard.downloads.patience import patiently, pause_after, rest_after
from steelyard.downloads.settings import DownloadSettings
from steelyard.jobs import store as jobs
from steelyard.jobs.context import JobContext
from steelyard.jobs.models import JobFault, NewJob
from steelyard.sources.errors import (
    AccessRefused,
    FileMissing,
    RepositoryMissing,
    UpstreamBusy,
    UpstreamNonsense,
    UpstreamUnavailable,
)
from steelyard.sources.pauses import LONGEST_WAIT
from steelyard.testing.clock import HandClock

SETTINGS = DownloadSettings(backoff_seconds=0.001, tries_without_progress=3)
SLOW = DownloadSettings(backoff_seconds=1.0)


class Asked:
    """A question that gets these answers in turn, then 'yes'."""

    def __init__(self, *errors: SteelyardError) -> None:
        self.errors = list(errors)
        self.times = 0

    async def __call__(self) -> str:
        self.times += 1
        if self.errors:
            raise self.errors.pop(0)
        return "yes"


@pytest.fixture
async def context(database: Database, clock: HandClock) -> JobContext:
    """A job that runs."""
    job = await database.write(lambda connection: jobs.insert(connection, NewJob("download", "a", {}), clock.now()))
    return JobContext(job, database, clock, 10.0, clock.monotonic())


@pytest.mark.parametrize(("tries", "seconds"), [(1, 1.0), (2, 2.0), (3, 4.0), (6, 30.0), (60, 30.0)])
def test_pauses_double_up_to_half_a_minute(tries: int, seconds: float) -> None:
    assert pause_after(UpstreamUnavailable("away"), tries, SLOW) == seconds


@pytest.mark.parametrize(("asked", "seconds"), [(0.0, 1.0), (0.5, 1.0), (40.0, 40.0), (3600.0, 3600.0)])
def test_a_pause_is_at_least_what_the_hub_asked_for(asked: float, seconds: float) -> None:
    assert pause_after(UpstreamBusy("busy", retry_after=asked), 1, SLOW) == seconds


async def test_what_passes_is_asked_again(context: JobContext) -> None:
    asked = Asked(UpstreamUnavailable("away"), UpstreamBusy("busy"), UpstreamUnavailable("away"))
    assert await patiently(asked, SETTINGS, context) == "yes"
    assert asked.times == 4


async def test_not_for_ever(context: JobContext) -> None:
    asked = Asked(*[UpstreamUnavailable("away")] * 9)
    with pytest.raises(UpstreamUnavailable):
        await patiently(asked, SETTINGS, context)
    assert asked.times == 4


@pytest.mark.parametrize("error", [RepositoryMissing, AccessRefused, FileMissing, UpstreamNonsense])
async def test_what_does_not_pass_is_raised_at_once(context: JobContext, error: type[SteelyardError]) -> None:
    asked = Asked(error("no"))
    with pytest.raises(error):
        await patiently(asked, SETTINGS, context)
    assert asked.times == 1


async def test_a_long_pause_is_not_slept_by_a_worker(context: JobContext) -> None:
    error = UpstreamBusy("busy", retry_after=LONGEST_WAIT + 1)
    with pytest.raises(UpstreamBusy):
        await rest_after(error, 1, SETTINGS)
    asked = Asked(error)
    with pytest.raises(UpstreamBusy):
        await patiently(asked, SETTINGS, context)
    assert asked.times == 1


async def test_people_can_read_what_is_wrong_until_there_is_an_answer(context: JobContext) -> None:
    told: list[JobFault | None] = []
    asked = Asked(UpstreamUnavailable("away", hint="wait"), UpstreamBusy("busy"))

    async def ask() -> str:
        told.append(context.trouble)
        return await asked()

    await patiently(ask, SETTINGS, context)
    assert told == [
        None,
        JobFault("upstream-unavailable", "away", "wait"),
        JobFault("upstream-busy", "busy"),
    ]
    assert context.trouble is None
