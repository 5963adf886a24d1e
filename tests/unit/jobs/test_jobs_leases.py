"""Leases, stops and takeovers: who may work on a job, and who finds out that he may no longer."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from steelyard.jobs import store
from steelyard.jobs.context import JobContext
from steelyard.jobs.errors import LeaseLost
from steelyard.jobs.models import JobStatus, Progress
from steelyard.jobs.settings import JobSettings
from steelyard.testing.clock import eventually
from steelyard.testing.jobs import BY_HAND, JobYard, raises, wait_for_ever

Q, R, P = JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.PAUSED
S, F, C = JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED


@pytest.mark.parametrize(("verb", "status"), [("cancel", C), ("pause", P)])
async def test_stopping_a_job_ends_its_body_without_a_heartbeat(yard: JobYard, verb: str, status: JobStatus) -> None:
    contexts: list[JobContext] = []
    ended = asyncio.Event()

    async def body(context: JobContext) -> None:
        contexts.append(context)
        try:
            await wait_for_ever(context)
        finally:
            ended.set()

    yard.kind.body = body
    async with yard.working():
        job_id = await yard.add("a")
        await eventually(lambda: bool(contexts))
        contexts[0].check()
        await getattr(yard.service, verb)(job_id)
        await asyncio.wait_for(ended.wait(), 10)
        with pytest.raises(LeaseLost):
            contexts[0].check()
        with pytest.raises(LeaseLost):
            await contexts[0].write(lambda _connection: None)
        assert (await yard.service.get(job_id)).status is status
        await eventually(lambda: yard.worker._attempts == {})
    assert yard.kind.settled == [(job_id, R), (job_id, status)]


async def test_a_body_that_will_not_stop_cannot_write_its_end(yard: JobYard) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    async def body(_context: JobContext) -> None:
        entered.set()
        try:
            await wait_for_ever(_context)
        except asyncio.CancelledError:
            await leave.wait()

    yard.kind.body = body
    async with yard.working():
        job_id = await yard.add("a")
        await entered.wait()
        await yard.service.cancel(job_id)
        leave.set()
        await eventually(lambda: yard.worker._attempts == {})
        assert (await yard.service.get(job_id)).status is C
    assert yard.kind.ended == []


async def test_what_another_process_left_behind_is_taken_over_at_the_start(yard: JobYard) -> None:
    job_id = await _left_running(yard)
    async with yard.working(sole_owner=True):
        job = await yard.reaches(job_id, S)
    assert (job.attempt, job.failures) == (2, 0)


async def test_beside_others_a_lease_is_respected_until_it_ran_out(yard: JobYard) -> None:
    job_id = await _left_running(yard)
    async with yard.working(sole_owner=False):
        await yard.worker.sweep()
        assert (await yard.service.get(job_id)).lease_owner == "gone"
        yard.clock.forward(seconds=BY_HAND.lease_seconds + 1)
        await yard.worker.sweep()
        await yard.reaches(job_id, S)


async def test_a_heartbeat_renews_the_lease_and_writes_progress(yard: JobYard) -> None:
    contexts: list[JobContext] = []

    async def body(context: JobContext) -> None:
        contexts.append(context)
        await wait_for_ever(context)

    yard.kind.body = body
    async with yard.working():
        job_id = await yard.add("a")
        await eventually(lambda: bool(contexts))
        contexts[0].follow(lambda: Progress(3, 9, 1.5, "model.bin"))
        for _ in range(3):
            yard.clock.forward(seconds=6)
            contexts[0].check()
            await yard.worker.beat()
        job = await yard.service.get(job_id)
        assert job.progress == Progress(3, 9, 1.5, "model.bin")
        assert job.lease_until == yard.clock.now() + timedelta(seconds=7)
        yard.clock.forward(seconds=10)
        with pytest.raises(LeaseLost):
            contexts[0].check()


async def test_a_worker_that_slept_too_long_stops_at_its_next_beat(yard: JobYard) -> None:
    yard.kind.body = wait_for_ever
    async with yard.working():
        job_id = await yard.add("a")
        await eventually(lambda: yard.kind.started == [job_id])
        yard.clock.forward(seconds=11)
        taken = await yard.database.write(
            lambda connection: store.claim(connection, job_id, "other", yard.clock.now(), timedelta(seconds=10))
        )
        assert taken is not None
        await yard.worker.beat()
        await eventually(lambda: yard.worker._attempts == {})
        job = await yard.service.get(job_id)
        assert (job.status, job.lease_owner, job.attempt) == (R, "other", 2)


async def test_a_graceful_stop_puts_the_job_back_and_counts_no_failure(yard: JobYard) -> None:
    async def body(context: JobContext) -> None:
        context.follow(lambda: Progress(5, 9))
        await wait_for_ever(context)

    yard.kind.body = body
    async with yard.working():
        job_id = await yard.add("a")
        await eventually(lambda: yard.kind.started == [job_id])
    job = await yard.service.get(job_id)
    assert (job.status, job.failures, job.fault, job.attempt) == (Q, 0, None, 1)
    assert (job.progress.downloaded_bytes, job.lease_owner) == (5, None)
    assert yard.kind.settled == [(job_id, R), (job_id, Q)]
    yard.kind.body = raises()
    async with yard.working(yard.hire("test:2")):
        await yard.reaches(job_id, S)


async def test_threads_of_a_stopping_job_hear_of_it(yard: JobYard) -> None:
    contexts: list[JobContext] = []

    async def body(context: JobContext) -> None:
        contexts.append(context)
        await wait_for_ever(context)

    yard.kind.body = body
    async with yard.working():
        await yard.add("a")
        await eventually(lambda: bool(contexts))
    with pytest.raises(LeaseLost):
        contexts[0].check()


async def test_writes_of_a_job_count_only_while_it_is_held(yard: JobYard) -> None:
    wrote: list[int] = []

    async def body(context: JobContext) -> None:
        await context.write(lambda connection: _describe(connection, context))
        wrote.append(await context.read(lambda connection: store.position(connection, context.job)))

    yard.kind.body = body
    async with yard.working():
        job = await yard.reaches(await yard.add("a"), S)
    assert (job.model, job.revision, job.subject, wrote) == ("acme/anvil", "main", 7, [0])


async def test_a_lease_that_ran_out_is_lost_also_when_nobody_took_the_job(yard: JobYard) -> None:
    """Others may have taken its blobs meanwhile: the late owner must not go on as if nothing had been."""
    contexts: list[JobContext] = []

    async def body(context: JobContext) -> None:
        contexts.append(context)
        await wait_for_ever(context)

    yard.kind.body = body
    async with yard.working():
        job_id = await yard.add("a")
        await eventually(lambda: bool(contexts))
        yard.clock.forward(seconds=BY_HAND.lease_seconds + 1)
        await yard.worker.beat()
        with pytest.raises(LeaseLost):
            contexts[0].check()
        await yard.worker.sweep()
        await eventually(lambda: len(contexts) == 2)
        assert (await yard.service.get(job_id)).attempt == 2
        contexts[1].check()


async def test_the_sweep_comes_when_the_first_lease_runs_out(yard: JobYard) -> None:
    assert await yard.worker.pause() == BY_HAND.sweep_seconds
    await _left_running(yard)
    assert BY_HAND.lease_seconds < await yard.worker.pause() < BY_HAND.lease_seconds + 1
    yard.clock.forward(seconds=BY_HAND.lease_seconds - 1)
    assert 1 < await yard.worker.pause() < 2
    yard.clock.forward(seconds=2)
    assert await yard.worker.pause() == BY_HAND.sweep_seconds


def test_a_dead_workers_job_is_taken_over_within_ten_seconds() -> None:
    """At the settings as they come: the lease at most, a sweep at its end, and a second for everything else."""
    settings = JobSettings()
    assert settings.lease_seconds + 1 < 10
    assert settings.beat_seconds * 4 < settings.lease_seconds


def _describe(connection: Connection, context: JobContext) -> None:
    store.describe(connection, context.job.claim, model="acme/anvil", revision="main", subject=7)


async def _left_running(yard: JobYard) -> str:
    """A job whose process died."""
    job_id = await yard.add("a", offer=False)
    lease = timedelta(seconds=BY_HAND.lease_seconds)
    await yard.database.write(lambda connection: store.claim(connection, job_id, "gone", yard.clock.now(), lease))
    return job_id
