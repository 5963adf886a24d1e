"""The errors of the jobs room.

JobMissing 404, WrongState 409: answers to people. LeaseLost, GiveWay, JobMustWait: between a job body and its worker.
"""

from steelyard.core.errors import Conflict, NotFound, SteelyardError
from steelyard.jobs.models import PauseReason


class JobMissing(NotFound):
    """No job with that id."""

    slug = "job-missing"
    title = "There is no such job"


class WrongState(Conflict):
    """The job's state does not allow what was asked."""

    slug = "job-in-wrong-state"
    title = "The job is in another state"


def no_such_job(job_id: str) -> JobMissing:
    """The 404 for a job."""
    return JobMissing(f"No job has the id {job_id[:80]!r}.", hint="GET /jobs lists them; so does 'steelyard jobs'.")


class LeaseLost(Exception):
    """Somebody else owns the job now, or nobody: not one byte more may be written for it."""


class GiveWay(Exception):
    """The body can go on later, and more urgent work waits: back into the queue, nothing failed."""


class JobMustWait(SteelyardError):
    """The job pauses itself until the world has changed; nothing is lost."""

    status = 507
    slug = "must-wait"
    title = "Waiting"
    reason = PauseReason.DISK
