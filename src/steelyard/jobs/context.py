"""What a job body gets to work with: its job, its lease, and a place to say how far it is."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from steelyard.core.clock import Clock
from steelyard.db.database import Database
from steelyard.jobs import store
from steelyard.jobs.errors import LeaseLost
from steelyard.jobs.models import Job, JobFault, Progress

T = TypeVar("T")


class JobContext:
    """One attempt at one job."""

    def __init__(self, job: Job, database: Database, clock: Clock, lease_seconds: float, asked_at: float) -> None:
        """``asked_at`` (monotonic) is from before the claim, so that our deadline is the earlier one."""
        self.job = job
        self.trouble: JobFault | None = None  # what passes by itself, but people should know meanwhile
        self._read: Callable[[], Progress] = lambda: job.progress
        self._database = database
        self._clock = clock
        self._lease_seconds = lease_seconds
        self._good_until = asked_at + lease_seconds
        self._stopping = False

    def check(self) -> None:
        """Raise LeaseLost unless this attempt surely still owns the job and may go on. Cheap: ask before every write.

        The local deadline is never later than the one in the table, so a process that was frozen finds out by itself.
        """
        if self._stopping or self._clock.monotonic() >= self._good_until:
            raise LeaseLost(self.job.id)

    def follow(self, read: Callable[[], Progress]) -> None:
        """Say where to read how far the job is; each heartbeat looks and writes it down."""
        self._read = read

    @property
    def progress(self) -> Progress:
        """How far the job is."""
        return self._read()

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run a transaction that counts only while the claim holds. Raises LeaseLost."""

        def fenced(connection: Connection) -> T:
            if not store.holds(connection, self.job.claim):
                raise LeaseLost(self.job.id)
            return work(connection)

        return await self._database.write(fenced)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Read from the database."""
        return await self._database.read(work)

    def renew(self, asked_at: float) -> None:
        """The table prolonged the lease in answer to a request made at ``asked_at`` (monotonic)."""
        self._good_until = asked_at + self._lease_seconds

    def stop(self) -> None:
        """The process ends: threads that hash or write shall end at their next step. The claim stays good."""
        self._stopping = True

    def lose(self) -> None:
        """The table says that the claim is gone."""
        self._good_until = float("-inf")
