"""The seam to the rooms that know what a job does."""

from typing import Protocol

from sqlalchemy import Connection

from steelyard.jobs.context import JobContext
from steelyard.jobs.models import Job


class JobKind(Protocol):
    """One kind of job, registered by name when the house is built."""

    async def run(self, context: JobContext) -> None:
        """Do the work, from wherever an earlier attempt left it. Returning means success.

        Must bear being run twice and being cancelled at any await. Raises SteelyardError for people, JobMustWait to
        pause, LeaseLost when ``context.check()`` says so.
        """

    def settle(self, connection: Connection, job: Job) -> None:
        """The job's state changed: let the kind's own records follow, within the same transaction."""

    async def may_resume(self, job: Job) -> bool:
        """Whether the reason for which the job paused itself is gone."""

    async def after(self, job: Job) -> None:
        """The job ended and that is on disk: tell others. May be left out by a crash."""
