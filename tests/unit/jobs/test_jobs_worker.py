"""The worker with a scripted kind of job: every way a job can go. Time moves only when a test turns the clock."""

import asyncio
from datetime import timedelta

import pytest

from steelyard.db.database import Database
from steelyard.jobs.context import JobContext
from steelyard.jobs.errors import JobMustWait
from steelyard.jobs.models import JobStatus, PauseReason, Priority, Progress
from steelyard.jobs.queue import EmbeddedQueue
from steelyard.jobs.service import STOP_TOPIC
from steelyard.jobs.settings import JobSettings
from steelyard.sources.errors import RepositoryMissing, UpstreamUnavailable
from steelyard.testing.clock import HandClock, eventually
from steelyard.testing.jobs import BY_HAND, JobYard, raises, succeed, wait_for_ever

Q, R, P = JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.PAUSED
S, F, C = JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED


async def test_a_job_runs_and_succeeds(yard: JobYard) -> None:
    async def body(context: JobContext) -> None:
        context.follow(lambda: Progress(7, 7))

    yard.kind.body = body
    async with yard.working():
        job = await yard.reaches(await yard.add("a"), S)
        await eventually(lambda: bool(yard.kind.ended))
    assert (job.attempt, job.failures, job.fault, job.progress.downloaded_bytes) == (1, 0, None, 7)
    assert (job.lease_owner, job.lease_until, job.finished_at) == (None, None, yard.clock.now())
    assert yard.kind.settled == [(job.id, R), (job.id, S)]
    assert yard.kind.ended == [(job.id, S)]


async def test_an_error_that_needs_somebody_ends_the_job(yard: JobYard) -> None:
    yard.kind.body = raises(RepositoryMissing("There is no such thing.", hint="Look at the spelling."))
    async with yard.working():
        job = await yard.reaches(await yard.add("a"), F)
    assert job.fault is not None
    assert (job.fault.slug, job.fault.detail, job.fault.hint) == (
        "repository-missing", "There is no such thing.", "Look at the spelling.",
    )  # fmt: skip
    assert yard.kind.settled[-1] == (job.id, F)


async def test_an_error_that_passes_is_tried_again_when_it_is_time(yard: JobYard) -> None:
    yard.kind.body = raises(UpstreamUnavailable("away"), UpstreamUnavailable("away"))
    async with yard.working():
        job_id = await yard.add("a")
        await eventually(lambda: len(yard.kind.settled) == 2)
        first = await yard.reaches(job_id, Q)
        assert (first.failures, first.not_before) == (1, yard.clock.now() + timedelta(seconds=5))
        assert first.fault is not None
        await yard.worker.sweep()
        assert yard.kind.tries[job_id] == 1
        yard.clock.forward(seconds=5)
        await yard.worker.sweep()
        await eventually(lambda: len(yard.kind.settled) == 4)
        second = await yard.reaches(job_id, Q)
        assert (second.failures, second.not_before) == (2, yard.clock.now() + timedelta(seconds=10))
        yard.clock.forward(seconds=10)
        await yard.worker.sweep()
        job = await yard.reaches(job_id, S)
    assert (job.attempt, job.fault) == (3, None)


async def test_tries_come_to_an_end(yard: JobYard) -> None:
    yard.kind.body = raises(*[UpstreamUnavailable("away")] * 9)
    async with yard.working():
        job_id = await yard.add("a")
        for number in range(1, 4):
            await yard.settles(2 * number)
            yard.clock.forward(minutes=10)
            await yard.worker.sweep()
        job = await yard.reaches(job_id, F)
    assert yard.kind.tries[job_id] == BY_HAND.max_tries == 3
    assert job.fault is not None


async def test_the_next_try_is_offered_with_its_delay(database: Database, clock: HandClock) -> None:
    queue = NotedQueue()
    yard = JobYard(database, clock, queue=queue)
    yard.kind.body = raises(UpstreamUnavailable("away", retry_after=30))
    async with yard.working():
        job_id = await yard.add("a")
        await eventually(lambda: (job_id, 10, 30.0) in queue.puts)


async def test_an_unexpected_error_shows_nothing_of_itself(yard: JobYard) -> None:
    yard.kind.body = raises(*[RuntimeError("the password is swordfish")] * 3)
    async with yard.working():
        job_id = await yard.add("a")
        for number in range(1, 4):
            await yard.settles(2 * number)
            yard.clock.forward(minutes=10)
            await yard.worker.sweep()
        job = await yard.reaches(job_id, F)
    assert job.fault is not None
    assert "swordfish" not in f"{job.fault}"
    assert job.fault.slug == "internal-error"


async def test_a_job_that_must_wait_goes_on_when_the_reason_is_gone(yard: JobYard) -> None:
    yard.kind.body = raises(JobMustWait("The disk is full.", hint="Make room."))
    async with yard.working():
        job_id = await yard.add("a")
        job = await yard.reaches(job_id, P)
        assert (job.pause_reason, job.failures) == (PauseReason.DISK, 0)
        await yard.worker.sweep()
        assert (await yard.service.get(job_id)).status is P
        yard.kind.resumable = True
        await yard.worker.sweep()
        job = await yard.reaches(job_id, S)
    assert (job.pause_reason, job.fault, yard.kind.tries[job_id]) == (None, None, 2)


async def test_a_persons_pause_is_not_ended_by_a_sweep(yard: JobYard) -> None:
    yard.kind.resumable = True
    job_id = await yard.add("a", offer=False)
    await yard.service.pause(job_id)
    await yard.worker.sweep()
    assert (await yard.service.get(job_id)).status is P


async def test_a_paused_job_goes_on_when_it_is_resumed(yard: JobYard) -> None:
    async def body(context: JobContext) -> None:
        if context.job.attempt == 1:
            await wait_for_ever(context)

    yard.kind.body = body
    async with yard.working():
        job_id = await yard.add("a")
        await eventually(lambda: yard.kind.started == [job_id])
        await yard.service.pause(job_id)
        await yard.service.resume(job_id)
        job = await yard.reaches(job_id, S)
    assert (job.attempt, job.failures) == (2, 0)


async def test_the_most_urgent_job_goes_first(database: Database, clock: HandClock) -> None:
    yard = JobYard(database, clock, BY_HAND.model_copy(update={"concurrency": 1}))
    ids = {}
    for name, priority in (("low", Priority.LOW), ("medium", Priority.MEDIUM), ("high", Priority.HIGH)):
        ids[name] = await yard.add(name, priority, offer=False)
    async with yard.working():
        await eventually(lambda: len(yard.kind.ended) == 3)
    assert yard.kind.started == [ids["high"], ids["medium"], ids["low"]]


async def test_no_more_run_at_once_than_are_allowed(yard: JobYard) -> None:
    release = asyncio.Event()

    async def body(_context: JobContext) -> None:
        await release.wait()

    yard.kind.body = body
    async with yard.working():
        for number in range(6):
            await yard.add(str(number))
        await eventually(lambda: len(yard.kind.started) == 2)
        assert (await yard.service.counts()) == {"running": 2, "queued": 4}
        release.set()
        await eventually(lambda: len(yard.kind.ended) == 6)
    assert yard.kind.most_at_once == 2


async def test_a_job_that_is_delivered_twice_runs_once(yard: JobYard) -> None:
    job_id = await yard.add("a")
    await yard.queue.take()
    other = yard.hire("test:2")
    async with yard.working(), yard.working(other):
        for _ in range(5):
            await yard.queue.put(job_id, 10)
            await asyncio.sleep(0)
        await yard.reaches(job_id, S)
        end = await yard.add("end", Priority.LOW)
        await yard.reaches(end, S)
    assert yard.kind.tries[job_id] == 1


async def test_a_job_whose_dispatch_was_lost_is_found_by_the_sweep(yard: JobYard) -> None:
    async with yard.working():
        job_id = await yard.add("a", offer=False)
        await yard.worker.sweep()
        await yard.reaches(job_id, S)


async def test_a_database_that_fails_for_a_while_does_not_end_the_worker(yard: JobYard) -> None:
    yard.kind.body = wait_for_ever
    async with yard.working():
        running = await yard.add("running")
        await eventually(lambda: yard.kind.started == [running])
        waiting = await yard.add("waiting", offer=False)
        await yard.database.write(lambda connection: connection.exec_driver_sql("ALTER TABLE jobs RENAME TO away"))
        await yard.queue.put(waiting, 10)  # the claim fails
        yard.signals.publish(STOP_TOPIC, running)  # so does the look at the lease
        await asyncio.sleep(0.02)
        await yard.database.write(lambda connection: connection.exec_driver_sql("ALTER TABLE away RENAME TO jobs"))
        yard.kind.body = succeed
        await yard.worker.sweep()
        await yard.reaches(waiting, S)
        await yard.service.cancel(running)
        await eventually(lambda: yard.worker._attempts == {})


async def test_a_first_sweep_that_fails_is_made_up_for_by_the_next(database: Database, clock: HandClock) -> None:
    yard = JobYard(database, clock, BY_HAND.model_copy(update={"sweep_seconds": 0.01}))
    job_id = await yard.add("a", offer=False)
    await database.write(lambda connection: connection.exec_driver_sql("ALTER TABLE jobs RENAME TO away"))
    async with yard.working(sole_owner=False):
        await asyncio.sleep(0.03)
        await database.write(lambda connection: connection.exec_driver_sql("ALTER TABLE away RENAME TO jobs"))
        await yard.reaches(job_id, S)


async def test_heart_and_sweep_beat_by_themselves(database: Database, clock: HandClock) -> None:
    yard = JobYard(database, clock, JobSettings(beat_seconds=0.01, sweep_seconds=0.01))

    async def body(context: JobContext) -> None:
        context.follow(lambda: Progress(4, 8))
        await wait_for_ever(context)

    yard.kind.body = body
    async with yard.working():
        job_id = await yard.add("a", offer=False)

        async def is_written() -> bool:
            return (await yard.service.get(job_id)).progress.downloaded_bytes == 4

        await eventually(is_written)


@pytest.mark.parametrize(("sole_owner", "present"), [(False, 1), (True, 0)])
async def test_one_worker_of_several_signs_in(
    database: Database, clock: HandClock, sole_owner: bool, present: int
) -> None:
    yard = JobYard(database, clock)
    async with yard.working(sole_owner=sole_owner):
        job_id = await yard.add("a")
        await yard.reaches(job_id, S)

        async def is_counted() -> bool:
            return await yard.service.workers() == present

        await eventually(is_counted)


class NotedQueue(EmbeddedQueue):
    """The embedded queue, and what was put into it."""

    def __init__(self) -> None:
        super().__init__()
        self.puts: list[tuple[str, int, float]] = []

    async def put(self, job_id: str, priority: int, delay: float = 0.0) -> None:
        """Note it first."""
        self.puts.append((job_id, priority, delay))
        await super().put(job_id, priority, delay)
