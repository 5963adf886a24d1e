"""Jobs that somebody waits for: taken at once, beside the slots, also by a process that takes none from the queue."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from steelyard.jobs.context import JobContext
from steelyard.jobs.models import JobStatus
from steelyard.testing.clock import eventually
from steelyard.testing.jobs import JobYard, wait_for_ever

Q, R, S, C = JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.SUCCEEDED, JobStatus.CANCELLED


@asynccontextmanager
async def keeping_alive(yard: JobYard) -> AsyncIterator[None]:
    """A worker that takes nothing from the queue, at work."""
    task = asyncio.create_task(yard.worker.run(sole_owner=False, takes_jobs=False))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_an_urgent_job_does_not_wait_for_a_slot(yard: JobYard) -> None:
    release = asyncio.Event()

    async def body(context: JobContext) -> None:
        if context.job.payload["key"].startswith("long"):
            await release.wait()

    yard.kind.body = body
    async with yard.working():
        for number in range(yard.settings.concurrency):
            await yard.reaches(await yard.add(f"long {number}"), R)
        waiting, urgent = await yard.add("waiting"), await yard.add("urgent")
        yard.worker.take(urgent)
        await yard.reaches(urgent, S)
        assert (await yard.service.get(waiting)).status is Q
        release.set()
        await yard.reaches(waiting, S)
    assert yard.kind.tries[urgent] == 1


async def test_taking_a_job_that_somebody_has_does_nothing(yard: JobYard) -> None:
    release = asyncio.Event()

    async def body(_context: JobContext) -> None:
        await release.wait()

    yard.kind.body = body
    async with yard.working():
        job_id = await yard.add("a")
        await yard.reaches(job_id, R)
        for _ in range(3):
            yard.worker.take(job_id)
        yard.worker.take("there is no such job")
        release.set()
        await yard.reaches(job_id, S)
    assert yard.kind.tries == {job_id: 1}


async def test_of_two_processes_one_takes_it(yard: JobYard) -> None:
    other = yard.hire("test:2")
    job_id = await yard.add("a", offer=False)
    async with keeping_alive(yard), yard.working(other, sole_owner=False):
        yard.worker.take(job_id)
        other.take(job_id)
        await yard.reaches(job_id, S)
    assert yard.kind.tries == {job_id: 1}


async def test_a_process_that_takes_no_jobs_leaves_the_queue_alone(yard: JobYard) -> None:
    yard.kind.body = wait_for_ever
    async with keeping_alive(yard):
        queued, urgent = await yard.add("queued"), await yard.add("urgent")
        yard.worker.take(urgent)
        await yard.reaches(urgent, R)
        await asyncio.sleep(0.05)
        assert (await yard.service.get(queued)).status is Q
        assert await yard.service.workers() == 0  # nobody shall count on it


async def test_its_leases_are_kept(yard: JobYard) -> None:
    yard.kind.body = wait_for_ever
    async with keeping_alive(yard):
        job_id = await yard.add("a", offer=False)
        yard.worker.take(job_id)
        before = (await yard.reaches(job_id, R)).lease_until
        yard.clock.forward(seconds=5)
        await yard.worker.beat()
        after = (await yard.service.get(job_id)).lease_until
    assert before is not None
    assert after is not None
    assert after > before


async def test_its_jobs_can_be_called_off(yard: JobYard) -> None:
    stopped = asyncio.Event()

    async def body(context: JobContext) -> None:
        try:
            await wait_for_ever(context)
        finally:
            stopped.set()

    yard.kind.body = body
    async with keeping_alive(yard):
        job_id = await yard.add("a", offer=False)
        yard.worker.take(job_id)
        await yard.reaches(job_id, R)
        await yard.service.cancel(job_id)
        await eventually(stopped.is_set)
        assert (await yard.service.get(job_id)).status is C


async def test_a_process_that_ends_puts_its_urgent_jobs_back(yard: JobYard) -> None:
    yard.kind.body = wait_for_ever
    job_id = await yard.add("a", offer=False)
    async with keeping_alive(yard):
        yard.worker.take(job_id)
        await yard.reaches(job_id, R)
    job = await yard.service.get(job_id)
    assert (job.status, job.lease_owner, job.failures) == (Q, None, 0)
