"""All SQL of the jobs room: who may change what, and what lists show."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from steelyard.db.database import Database
from steelyard.jobs import store
from steelyard.jobs.models import Claim, Job, JobFault, JobStatus, NewJob, PauseReason, Priority, Progress
from steelyard.jobs.store import JobFilter
from steelyard.testing.clock import HandClock

LEASE = timedelta(seconds=10)
FAULT = JobFault("away", "It is away.", "Wait.")


class Table:
    """The store's functions, each in a transaction of its own, at the clock's time."""

    def __init__(self, database: Database, clock: HandClock) -> None:
        self.database = database
        self.clock = clock

    @property
    def now(self) -> datetime:
        """The clock's time."""
        return self.clock.now()

    async def add(self, key: str = "a", **more: object) -> Job:
        """A queued job."""
        fields: dict[str, object] = {"kind": "pull", "dedupe_key": key, "payload": {"k": key}, **more}
        new = NewJob(**fields)  # type: ignore[arg-type]  # the caller knows the fields
        return await self.database.write(lambda connection: store.insert(connection, new, self.now))

    async def claim(self, job: Job, owner: str = "one") -> Job | None:
        """Try to take it."""
        return await self.database.write(lambda connection: store.claim(connection, job.id, owner, self.now, LEASE))

    async def taken(self, key: str = "a") -> Job:
        """A running job."""
        job = await self.claim(await self.add(key))
        assert job is not None
        return job

    async def move(self, job: Job, target: JobStatus, *origins: JobStatus) -> Job | None:
        """A person's wish."""
        reason = PauseReason.PERSON if target is JobStatus.PAUSED else None
        return await self.database.write(
            lambda connection: store.move(connection, job.id, origins, target, self.now, reason)
        )

    async def finish(self, held: Claim, status: JobStatus = JobStatus.SUCCEEDED) -> Job | None:
        """The end under a claim."""
        return await self.database.write(
            lambda connection: store.finish(connection, held, status, self.now, Progress(5, 9), None)
        )

    async def get(self, job: Job) -> Job:
        """As it is now."""
        return await self.database.read(lambda connection: store.require(connection, job.id))


@pytest.fixture
def table(database: Database, clock: HandClock) -> Table:
    """No jobs."""
    return Table(database, clock)


async def test_a_new_job_waits_and_keeps_what_it_was_given(table: Table) -> None:
    job = await table.add(
        "k", model="acme/anvil", revision="main", subject=2**40, requested_by="alice", priority=Priority.HIGH
    )
    assert (job.status, job.attempt, job.failures, job.priority) == (JobStatus.QUEUED, 0, 0, Priority.HIGH)
    assert (job.model, job.revision, job.subject, job.requested_by) == ("acme/anvil", "main", 2**40, "alice")
    assert (job.payload, job.created_at, job.not_before) == ({"k": "k"}, table.now, table.now)
    assert job == await table.get(job)


async def test_one_of_two_claimers_wins(table: Table) -> None:
    job = await table.add()
    first, second = await table.claim(job, "one"), await table.claim(job, "two")
    assert second is None
    assert first is not None
    assert (first.status, first.lease_owner, first.attempt) == (JobStatus.RUNNING, "one", 1)
    assert first.lease_until == table.now + LEASE
    assert first.started_at == table.now


async def test_a_job_is_claimed_when_it_is_due(table: Table) -> None:
    job = await table.taken()
    later = table.now + timedelta(seconds=60)
    await table.database.write(
        lambda connection: store.postpone(connection, job.claim, table.now, later, Progress(3), FAULT, 1)
    )
    table.clock.forward(seconds=59)
    assert await table.claim(job) is None
    assert await table.database.read(lambda connection: store.due(connection, table.now)) == []
    table.clock.forward(seconds=1)
    [due] = await table.database.read(lambda connection: store.due(connection, table.now))
    assert due.fault == FAULT
    again = await table.claim(job)
    assert again is not None
    assert (again.attempt, again.failures, again.fault, again.progress.downloaded_bytes) == (2, 1, None, 3)
    assert again.started_at == job.started_at


async def test_a_lease_that_ran_out_can_be_claimed_by_another(table: Table) -> None:
    job = await table.taken()
    table.clock.forward(seconds=10)
    assert await table.claim(job, "two") is None
    table.clock.forward(seconds=0.001)
    again = await table.claim(job, "two")
    assert again is not None
    assert (again.lease_owner, again.attempt, again.failures) == ("two", 2, 0)


async def test_the_old_claim_can_write_nothing_any_more(table: Table) -> None:
    old = (await table.taken()).claim
    table.clock.forward(seconds=11)
    new = await table.claim(await table.database.read(lambda connection: store.require(connection, old.job_id)), "two")
    assert new is not None

    def old_tries(connection: Connection) -> list[object]:
        now = table.now
        return [
            store.holds(connection, old),
            store.beat(connection, old, Progress(99), None, now, LEASE),
            store.finish(connection, old, JobStatus.SUCCEEDED, now, Progress(99), None),
            store.postpone(connection, old, now, now, Progress(99), FAULT, 1),
            store.suspend(connection, old, now, PauseReason.DISK, Progress(99), FAULT),
        ]

    def old_describes(connection: Connection) -> None:
        store.describe(connection, old, model="x", revision="y", subject=1)

    assert await table.database.write(old_tries) == [False, False, None, None, None]
    await table.database.write(old_describes)
    assert await table.get(new) == new


async def test_a_beat_prolongs_the_lease_and_writes_progress(table: Table) -> None:
    job = await table.taken()
    table.clock.forward(seconds=9)
    progress = Progress(7, 9, 3.5, "model.bin")
    assert await table.database.write(
        lambda connection: store.beat(connection, job.claim, progress, None, table.now, LEASE)
    )
    beaten = await table.get(job)
    assert (beaten.progress, beaten.lease_until) == (progress, table.now + LEASE)


@pytest.mark.parametrize("target", [JobStatus.CANCELLED, JobStatus.PAUSED, JobStatus.QUEUED])
async def test_a_beat_loses_after_the_job_was_moved(table: Table, target: JobStatus) -> None:
    job = await table.taken()
    assert await table.move(job, target, JobStatus.RUNNING) is not None
    assert not await table.database.write(
        lambda connection: store.beat(connection, job.claim, Progress(), None, table.now, LEASE)
    )
    moved = await table.get(job)
    assert (moved.status, moved.lease_owner, moved.lease_until) == (target, None, None)


async def test_a_move_needs_one_of_its_origins(table: Table) -> None:
    job = await table.add()
    assert await table.move(job, JobStatus.PAUSED, JobStatus.RUNNING) is None
    paused = await table.move(job, JobStatus.PAUSED, JobStatus.RUNNING, JobStatus.QUEUED)
    assert paused is not None
    assert (paused.status, paused.pause_reason, paused.finished_at) == (JobStatus.PAUSED, PauseReason.PERSON, None)
    resumed = await table.move(job, JobStatus.QUEUED, JobStatus.PAUSED)
    assert resumed is not None
    assert resumed.pause_reason is None


async def test_a_second_chance_starts_the_count_anew(table: Table) -> None:
    job = await table.taken()
    failed = await table.database.write(
        lambda connection: store.finish(connection, job.claim, JobStatus.FAILED, table.now, Progress(5, 9), FAULT)
    )
    assert failed is not None
    assert (failed.status, failed.fault, failed.finished_at) == (JobStatus.FAILED, FAULT, table.now)
    again = await table.move(job, JobStatus.QUEUED, JobStatus.FAILED)
    assert again is not None
    assert (again.fault, again.failures, again.finished_at) == (None, 0, None)
    assert again.progress.downloaded_bytes == 5


async def test_a_live_key_is_unique_and_an_ended_one_is_not(table: Table) -> None:
    job = await table.add("same")
    with pytest.raises(IntegrityError):
        await table.add("same")
    for origin, status in ((JobStatus.QUEUED, JobStatus.PAUSED), (JobStatus.PAUSED, JobStatus.QUEUED)):
        await table.move(job, status, origin)
        with pytest.raises(IntegrityError):
            await table.add("same")
    await table.move(job, JobStatus.CANCELLED, JobStatus.QUEUED)
    table.clock.forward(seconds=1)
    second = await table.add("same")
    assert await table.database.read(lambda connection: store.find_live(connection, "same")) == second
    assert await table.database.read(lambda connection: store.find_last(connection, "same")) == second
    assert await table.database.read(lambda connection: store.find_live(connection, "other")) is None


async def test_the_position_counts_who_goes_first(table: Table) -> None:
    jobs = {}
    for name, priority in (("a", 10), ("b", 20), ("c", 10), ("d", 0)):
        jobs[name] = await table.add(name, priority=Priority(priority))
        table.clock.forward(seconds=1)
    await table.claim(await table.add("running", priority=Priority.HIGH))

    def positions(connection: Connection) -> dict[str, int]:
        return {name: store.position(connection, job) for name, job in jobs.items()}

    assert await table.database.read(positions) == {"b": 0, "a": 1, "c": 2, "d": 3}


async def test_lists_are_newest_first_filtered_and_counted(table: Table) -> None:
    for number in range(5):
        user, model = ("alice", "bob")[number % 2], f"acme/{number // 3}"
        await table.add(str(number), model=model, requested_by=user, kind=("pull", "push")[number == 4])
        table.clock.forward(seconds=1)
    await table.claim(await table.add("running"))

    async def keys(wanted: JobFilter, limit: int = 10, offset: int = 0) -> tuple[int, list[str]]:
        count, jobs = await table.database.read(lambda connection: store.list_page(connection, wanted, limit, offset))
        return count, [job.dedupe_key for job in jobs]

    assert await keys(JobFilter()) == (6, ["running", "4", "3", "2", "1", "0"])
    assert await keys(JobFilter(), 2, 1) == (6, ["4", "3"])
    assert await keys(JobFilter(user="alice")) == (3, ["4", "2", "0"])
    assert await keys(JobFilter(model="acme/1", user="alice")) == (1, ["4"])
    assert await keys(JobFilter(kind="push")) == (1, ["4"])
    assert await keys(JobFilter(kinds=("push", "other"))) == (1, ["4"])
    assert await keys(JobFilter(status=JobStatus.RUNNING)) == (1, ["running"])
    assert await keys(JobFilter(status=JobStatus.FAILED)) == (0, [])
    assert await table.database.read(store.count_by_status) == {"queued": 5, "running": 1}


async def test_whether_a_job_about_a_subject_is_alive(table: Table) -> None:
    ended = await table.add("ended", subject=7)
    await table.move(ended, JobStatus.CANCELLED, JobStatus.QUEUED)
    await table.add("alive", subject=8)
    assert not await table.database.read(lambda connection: store.has_live(connection, 7))
    assert await table.database.read(lambda connection: store.has_live(connection, 8))


async def test_only_jobs_that_ended_can_be_forgotten(table: Table) -> None:
    job = await table.taken()
    assert not await table.database.write(lambda connection: store.delete(connection, job.id))
    await table.finish(job.claim)
    assert await table.database.write(lambda connection: store.delete(connection, job.id))
    assert not await table.database.write(lambda connection: store.delete(connection, job.id))
    assert await table.database.read(lambda connection: store.get(connection, job.id)) is None


async def test_what_is_due_comes_by_priority_and_age(table: Table) -> None:
    await table.taken("fresh lease")
    abandoned = await table.taken("abandoned")
    table.clock.forward(seconds=11)
    fresh = await table.claim(await table.database.read(lambda one: store.require(one, abandoned.id)))
    assert fresh is not None
    await table.add("low", priority=Priority.LOW)
    await table.add("high", priority=Priority.HIGH)
    due = await table.database.read(lambda connection: store.due(connection, table.now))
    assert [job.dedupe_key for job in due] == ["high", "fresh lease", "low"]
    assert await table.database.write(lambda connection: store.orphan_all(connection, table.now)) == 2
    assert len(await table.database.read(lambda connection: store.due(connection, table.now))) == 4


async def test_jobs_that_wait_for_the_world_are_apart_from_those_that_wait_for_people(table: Table) -> None:
    by_person = await table.add("person")
    await table.move(by_person, JobStatus.PAUSED, JobStatus.QUEUED)
    by_disk = await table.taken("disk")
    await table.database.write(
        lambda connection: store.suspend(connection, by_disk.claim, table.now, PauseReason.DISK, Progress(1), FAULT)
    )
    [waiting] = await table.database.read(store.paused_by_itself)
    assert (waiting.id, waiting.pause_reason, waiting.fault) == (by_disk.id, PauseReason.DISK, FAULT)
