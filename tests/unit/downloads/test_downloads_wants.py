"""Which files clients of the mirror asked for."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from steelyard.catalog.models import FileState
from steelyard.db.database import Database
from steelyard.downloads import wants
from steelyard.downloads.following import settle_wants
from steelyard.downloads.payload import KIND, dedupe_key, to_payload
from steelyard.jobs import store as jobs
from steelyard.jobs.models import Job, JobStatus, NewJob
from steelyard.testing.clock import HandClock
from tests.unit.downloads.mirrored import COMMIT, WANTED, file, shelve

KEY = dedupe_key(WANTED)
FILES = [file("a.bin", state=FileState.STORED), file("b.bin"), file("c.bin", state=FileState.QUARANTINED)]
PATHS = [one.path for one in FILES]


async def test_wishes_are_kept_in_the_order_in_which_they_came(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> tuple[list[str], list[str]]:
        wants.add(connection, KEY, ["z", "b"], clock.now())
        clock.forward(seconds=1)
        wants.add(connection, KEY, ["a", "z"], clock.now())
        wants.add(connection, KEY, [], clock.now())
        wants.add(connection, "another", ["x"], clock.now())
        return wants.paths(connection, KEY), wants.paths(connection, "nobody's")

    assert await database.write(work) == (["b", "z", "a"], [])


async def test_clearing_one_jobs_wishes_leaves_the_others(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> tuple[list[str], list[str]]:
        for key in (KEY, "another"):
            wants.add(connection, key, ["a"], clock.now())
        wants.clear(connection, KEY)
        return wants.paths(connection, KEY), wants.paths(connection, "another")

    assert await database.write(work) == ([], ["a"])


async def test_what_is_here_is_no_longer_wanted(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> list[str]:
        revision = shelve(connection, clock, FILES)[1]
        wants.add(connection, KEY, [*PATHS, "unlisted"], clock.now())
        wants.settle(connection, KEY, revision.id)
        return wants.paths(connection, KEY)

    assert await database.write(work) == ["b.bin", "unlisted"]


async def test_what_nobody_asked_for_lately_is_forgotten_unless_a_job_is_about_it(
    database: Database, clock: HandClock
) -> None:
    def work(connection: Connection) -> tuple[int, list[list[str]]]:
        for key in ("busy", "idle", "fresh"):
            clock.forward(hours=1)
            wants.add(connection, key, ["a"], clock.now())
        jobs.insert(connection, NewJob(KIND, "busy", {}), clock.now())
        count = wants.forget(connection, clock.now() - timedelta(minutes=30))
        return count, [wants.paths(connection, key) for key in ("busy", "idle", "fresh")]

    assert await database.write(work) == (1, [["a"], [], ["a"]])


@pytest.mark.parametrize(
    ("status", "left"),
    [
        (JobStatus.QUEUED, PATHS),
        (JobStatus.RUNNING, PATHS),
        (JobStatus.PAUSED, PATHS),
        (JobStatus.FAILED, PATHS),  # for another try
        (JobStatus.CANCELLED, []),
        (JobStatus.SUCCEEDED, ["b.bin"]),
    ],
)
@pytest.mark.parametrize("grows", [True, False])
async def test_wishes_follow_their_job(
    database: Database, clock: HandClock, status: JobStatus, left: list[str], grows: bool
) -> None:
    def work(connection: Connection) -> list[str]:
        entry = shelve(connection, clock, FILES)[0]
        wants.add(connection, KEY, PATHS, clock.now())
        settle_wants(connection, job_with(connection, clock, status, entry.id, grows=grows))
        return wants.paths(connection, KEY)

    assert await database.write(work) == (left if grows else PATHS)


@pytest.mark.parametrize("known", [True, False])
async def test_a_job_whose_revision_is_gone_leaves_its_wishes(
    database: Database, clock: HandClock, known: bool
) -> None:
    def work(connection: Connection) -> list[str]:
        wants.add(connection, KEY, PATHS, clock.now())
        settle_wants(connection, job_with(connection, clock, JobStatus.SUCCEEDED, 12345 if known else None))
        return wants.paths(connection, KEY)

    assert await database.write(work) == PATHS


def job_with(
    connection: Connection, clock: HandClock, status: JobStatus, entry: int | None, *, grows: bool = True
) -> Job:
    """A job of that status, as its row tells."""
    payload = {**to_payload(WANTED), "grows": grows}
    new = NewJob(KIND, KEY, payload, subject=entry, revision=COMMIT)
    return replace(jobs.insert(connection, new, clock.now()), status=status)
