"""One fetch per blob: a claim is good only while its job runs under the attempt that made it."""

from datetime import timedelta

from sqlalchemy import Connection

from steelyard.core.digest import Digest
from steelyard.db.database import Database
from steelyard.downloads import claims
from steelyard.jobs import store as jobs
from steelyard.jobs.models import Job, JobStatus, NewJob, Progress
from steelyard.testing.clock import HandClock

ONE, TWO, THREE = (Digest("sha256", letter * 64) for letter in "123")
LEASE = timedelta(seconds=10)


def running(connection: Connection, key: str, clock: HandClock) -> Job:
    """A job that somebody works on."""
    job = jobs.insert(connection, NewJob("download", key, {}), clock.now())
    claimed = jobs.claim(connection, job.id, "worker", clock.now(), LEASE)
    assert claimed is not None
    return claimed


async def test_a_blob_is_claimed_by_one_job(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> list[set[Digest]]:
        first, second = running(connection, "a", clock), running(connection, "b", clock)
        taken = [claims.take(connection, [ONE, TWO], first.claim, clock.now())]
        taken.append(claims.take(connection, [TWO, THREE], second.claim, clock.now()))
        taken.append(claims.take(connection, [ONE, TWO], first.claim, clock.now()))
        return taken

    assert await database.write(work) == [{ONE, TWO}, {THREE}, {ONE, TWO}]


async def test_a_released_blob_is_free(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> list[set[Digest]]:
        first, second = running(connection, "a", clock), running(connection, "b", clock)
        claims.take(connection, [ONE, TWO], first.claim, clock.now())
        claims.release(connection, [ONE], second.claim)  # not its own
        taken = [claims.take(connection, [ONE], second.claim, clock.now())]
        claims.release(connection, [ONE], first.claim)
        taken.append(claims.take(connection, [ONE, TWO], second.claim, clock.now()))
        claims.release_all(connection, first.id)
        taken.append(claims.take(connection, [ONE, TWO], second.claim, clock.now()))
        return taken

    assert await database.write(work) == [set(), {ONE}, {ONE, TWO}]


async def test_claims_of_a_job_that_stopped_are_void(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> set[Digest]:
        first, second = running(connection, "a", clock), running(connection, "b", clock)
        claims.take(connection, [ONE], first.claim, clock.now())
        jobs.finish(connection, first.claim, JobStatus.FAILED, clock.now(), Progress(), None)
        return claims.take(connection, [ONE], second.claim, clock.now())

    assert await database.write(work) == {ONE}


async def test_claims_of_a_dead_worker_are_void_when_its_lease_is(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> list[set[Digest]]:
        first, second = running(connection, "a", clock), running(connection, "b", clock)
        claims.take(connection, [ONE], first.claim, clock.now())
        clock.forward(seconds=9)
        jobs.beat(connection, second.claim, Progress(), None, clock.now(), LEASE)
        taken = [claims.take(connection, [ONE], second.claim, clock.now())]
        clock.forward(seconds=2)
        taken.append(claims.take(connection, [ONE], second.claim, clock.now()))
        return taken

    assert await database.write(work) == [set(), {ONE}]


async def test_a_new_attempt_takes_over_its_own_claims(database: Database, clock: HandClock) -> None:
    def work(connection: Connection) -> set[Digest]:
        first = running(connection, "a", clock)
        claims.take(connection, [ONE], first.claim, clock.now())
        clock.forward(seconds=11)
        again = jobs.claim(connection, first.id, "other", clock.now(), LEASE)
        assert again is not None
        return claims.take(connection, [ONE, TWO], again.claim, clock.now())

    assert await database.write(work) == {ONE, TWO}
