"""A body that can go on later lets more urgent jobs pass; that is no failure."""

from sqlalchemy import Connection

from steelyard.jobs import store
from steelyard.jobs.context import JobContext
from steelyard.jobs.errors import GiveWay
from steelyard.jobs.models import JobStatus, Priority
from steelyard.testing.jobs import JobYard, raises


async def test_a_job_that_gives_way_comes_back_without_a_failure(yard: JobYard) -> None:
    yard.kind.body = raises(GiveWay("a"))
    async with yard.working():
        job = await yard.reaches(await yard.add("a"), JobStatus.SUCCEEDED)
    assert (job.attempt, job.failures, job.fault) == (2, 0, None)
    assert yard.kind.tries[job.id] == 2


async def test_the_more_urgent_one_goes_first(yard: JobYard) -> None:
    urgent: list[str] = []

    async def body(context: JobContext) -> None:
        if context.job.priority is Priority.LOW and not urgent:
            urgent.extend([await yard.add(f"urgent {number}") for number in range(3)])
            raise GiveWay(context.job.id)

    yard.kind.body = body
    low = await yard.add("low", Priority.LOW)
    async with yard.working():
        await yard.reaches(low, JobStatus.SUCCEEDED)
        for job_id in urgent:
            await yard.reaches(job_id, JobStatus.SUCCEEDED)
    ended = [job_id for job_id, state in yard.kind.settled if state is JobStatus.SUCCEEDED]
    assert ended.index(low) >= 2  # two run at once, and the first two slots went to urgent ones


async def test_who_outranks_whom(yard: JobYard) -> None:
    await yard.add("a", Priority.MEDIUM, offer=False)

    def ask(connection: Connection) -> list[bool]:
        return [store.is_outranked(connection, priority, yard.clock.now()) for priority in Priority]

    assert await yard.database.read(ask) == [True, False, False]
