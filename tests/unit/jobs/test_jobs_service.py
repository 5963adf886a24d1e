"""What people can do with jobs: every state, every verb."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import product

import pytest

from steelyard.core.signals import Signal
from steelyard.jobs import store
from steelyard.jobs.errors import JobMissing, WrongState
from steelyard.jobs.models import FINAL, Job, JobFault, JobStatus, PauseReason, Progress
from steelyard.jobs.service import JOB_TOPIC, STOP_TOPIC, JobService
from steelyard.jobs.store import JobFilter
from steelyard.testing.jobs import JobYard

Q, R, P = JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.PAUSED
S, F, C = JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED
ALLOWED = {
    "cancel": {Q: C, R: C, P: C},
    "pause": {Q: P, R: P},
    "resume": {P: Q},
    "retry": {F: Q, C: Q},
}
VERBS: dict[str, Callable[[JobService, str], Awaitable[Job]]] = {
    "cancel": JobService.cancel, "pause": JobService.pause, "resume": JobService.resume, "retry": JobService.retry,
}  # fmt: skip


async def in_state(yard: JobYard, status: JobStatus, key: str = "a") -> str:
    """A job that is in this state."""
    job_id = await yard.add(key, offer=False)
    if status is JobStatus.PAUSED:
        await yard.service.pause(job_id)
    if status is JobStatus.CANCELLED:
        await yard.service.cancel(job_id)
    if status in {JobStatus.RUNNING, JobStatus.SUCCEEDED, JobStatus.FAILED}:
        await _claim(yard, job_id)
    if status in {JobStatus.SUCCEEDED, JobStatus.FAILED}:
        await _finish(yard, job_id, status)
    yard.kind.settled.clear()
    return job_id


@pytest.mark.parametrize(("verb", "status"), list(product(VERBS, JobStatus)), ids=str)
async def test_the_state_machine(yard: JobYard, verb: str, status: JobStatus) -> None:
    job_id = await in_state(yard, status)
    target = ALLOWED[verb].get(status)
    if target is None:
        with pytest.raises(WrongState) as caught:
            await VERBS[verb](yard.service, job_id)
        assert status.value in caught.value.detail
        assert caught.value.hint == f"GET /jobs/{job_id}"
        assert (await yard.service.get(job_id)).status is status
        assert yard.kind.settled == []
    else:
        job = await VERBS[verb](yard.service, job_id)
        assert job.status is target
        assert job == await yard.service.get(job_id)
        assert yard.kind.settled == [(job_id, target)]
        assert (job.finished_at is not None) is (target in FINAL)
        assert job.pause_reason is (PauseReason.PERSON if target is P else None)


@pytest.mark.parametrize("status", JobStatus)
async def test_only_what_ended_can_be_deleted(yard: JobYard, status: JobStatus) -> None:
    job_id = await in_state(yard, status)
    if status in FINAL:
        await yard.service.delete(job_id)
        with pytest.raises(JobMissing):
            await yard.service.get(job_id)
    else:
        with pytest.raises(WrongState):
            await yard.service.delete(job_id)
        assert (await yard.service.get(job_id)).status is status


@pytest.mark.parametrize("verb", [*VERBS, "get", "delete"])
async def test_an_unknown_id_is_missing(yard: JobYard, verb: str) -> None:
    with pytest.raises(JobMissing) as caught:
        await getattr(yard.service, verb)("no-such-id")
    assert "no-such-id" in caught.value.detail
    assert caught.value.hint


async def test_what_goes_back_into_the_queue_is_offered(yard: JobYard) -> None:
    paused, failed = await in_state(yard, P, "a"), await in_state(yard, F, "b")
    await yard.service.resume(paused)
    await yard.service.retry(failed)
    assert [await yard.queue.take(), await yard.queue.take()] == [paused, failed]


async def test_the_same_work_cannot_be_under_way_twice(yard: JobYard) -> None:
    failed = await in_state(yard, F, "same")
    live = await in_state(yard, Q, "same")
    with pytest.raises(WrongState) as caught:
        await yard.service.retry(failed)
    assert live in caught.value.detail
    await yard.service.cancel(live)
    assert (await yard.service.retry(failed)).status is Q


async def test_every_change_is_told_and_carries_no_state(yard: JobYard) -> None:
    job_id = await in_state(yard, R)
    with yard.signals.listen(JOB_TOPIC) as jobs, yard.signals.listen(STOP_TOPIC) as stops:
        await yard.service.cancel(job_id)
        assert await jobs.wait(5) == Signal(JOB_TOPIC, job_id)
        assert await stops.wait(5) == Signal(STOP_TOPIC, job_id)
        await yard.service.delete(job_id)
        assert await jobs.wait(5) == Signal(JOB_TOPIC, job_id)


async def test_lists_and_counts(yard: JobYard) -> None:
    for key, status in (("a", Q), ("b", C), ("c", R)):
        await in_state(yard, status, key)
        yard.clock.forward(seconds=1)
    count, jobs = await yard.service.list_page(JobFilter(), 2, 0)
    assert (count, [job.dedupe_key for job in jobs]) == (3, ["c", "b"])
    assert await yard.service.counts() == {"queued": 1, "cancelled": 1, "running": 1}


async def _claim(yard: JobYard, job_id: str) -> None:
    now = yard.clock.now()
    await yard.database.write(lambda connection: store.claim(connection, job_id, "test", now, timedelta(seconds=10)))


async def _finish(yard: JobYard, job_id: str, status: JobStatus) -> None:
    job = await yard.service.get(job_id)
    fault = JobFault("away", "It is away.") if status is JobStatus.FAILED else None
    now = yard.clock.now()
    await yard.database.write(lambda connection: store.finish(connection, job.claim, status, now, Progress(), fault))
