"""A job as answers show it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from steelyard.core.clock import iso
from steelyard.jobs import store
from steelyard.jobs.models import Job, JobFault, JobStatus, NewJob, PauseReason, Priority, Progress
from steelyard.jobs.views import eta_seconds, fraction, job_json, job_version
from steelyard.testing.jobs import JobYard


@pytest.fixture
async def job(yard: JobYard) -> Job:
    """A job that waits."""
    new = NewJob(
        "pull", "key", {"secret": 1}, model="acme/anvil", revision="main", requested_by="alice", priority=Priority.HIGH
    )
    return await yard.database.write(lambda connection: store.insert(connection, new, yard.clock.now()))


def test_the_shape(job: Job) -> None:
    now = iso(job.created_at)
    assert job_json(job) == {
        "id": job.id, "kind": "pull", "model": "acme/anvil", "revision": "main", "status": "queued", "progress": 0.0,
        "downloaded_bytes": 0, "total_bytes": None, "bytes_per_second": None, "eta_seconds": None,
        "current_file": None, "attempt": 0, "priority": "high", "requested_by": "alice", "pause_reason": None,
        "error": None, "hint": None, "created_at": now, "started_at": None, "updated_at": now, "finished_at": None,
    }  # fmt: skip


def test_a_paused_job_says_why(job: Job) -> None:
    paused = replace(
        job, status=JobStatus.PAUSED, pause_reason=PauseReason.DISK, fault=JobFault("disk-full", "Full.", "Make room.")
    )
    shown = job_json(paused)
    assert (shown["pause_reason"], shown["error"], shown["hint"]) == ("disk", "Full.", "Make room.")


@pytest.mark.parametrize(
    ("progress", "status", "expected"),
    [
        (Progress(0, None), JobStatus.RUNNING, 0.0),
        (Progress(5, 0), JobStatus.RUNNING, 0.0),
        (Progress(1, 4), JobStatus.RUNNING, 0.25),
        (Progress(1, 4), JobStatus.FAILED, 0.25),
        (Progress(9, 4), JobStatus.RUNNING, 1.0),
        (Progress(0, None), JobStatus.SUCCEEDED, 1.0),
        (Progress(0, 0), JobStatus.SUCCEEDED, 1.0),
    ],
)
def test_the_fraction(job: Job, progress: Progress, status: JobStatus, expected: float) -> None:
    assert fraction(replace(job, progress=progress, status=status)) == expected


@pytest.mark.parametrize(
    ("progress", "status", "expected"),
    [
        (Progress(10, 110, 50.0), JobStatus.RUNNING, 2.0),
        (Progress(10, 11, 3.0), JobStatus.RUNNING, 0.3),
        (Progress(110, 110, 50.0), JobStatus.RUNNING, 0.0),
        (Progress(10, 110, 0.0), JobStatus.RUNNING, None),
        (Progress(10, 110, None), JobStatus.RUNNING, None),
        (Progress(10, None, 50.0), JobStatus.RUNNING, None),
        (Progress(10, 110, 50.0), JobStatus.PAUSED, None),
    ],
)
def test_the_time_that_is_left(job: Job, progress: Progress, status: JobStatus, expected: float | None) -> None:
    assert eta_seconds(replace(job, progress=progress, status=status)) == expected


def test_the_version_is_the_same_for_the_same_and_rises_with_time(job: Job) -> None:
    later = replace(job, updated_at=job.updated_at + timedelta(microseconds=1))
    assert job_version(job) == job_version(replace(job))
    assert int(job_version(later)) > int(job_version(job))
    assert len(job_version(later)) <= 19


def test_two_changes_in_one_moment_have_two_versions(job: Job) -> None:
    assert job_version(replace(job, status=JobStatus.RUNNING)) != job_version(job)
    assert job_version(replace(job, revision="other")) != job_version(job)
