"""What people can do with jobs."""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection

from steelyard.core.clock import Clock
from steelyard.core.signals import Signals
from steelyard.db.database import Database
from steelyard.jobs import attendance, store
from steelyard.jobs.errors import WrongState, no_such_job
from steelyard.jobs.kind import JobKind
from steelyard.jobs.models import FINAL, LIVE, Job, JobStatus, PauseReason
from steelyard.jobs.queue import JobQueue
from steelyard.jobs.store import JobFilter

Also = Callable[[Connection, Job], None]
JOB_TOPIC = "job"
STOP_TOPIC = "job.stop"


def nothing_else(_connection: Connection, _job: Job) -> None:
    """A verb that nobody has to allow or write down."""


class JobService:
    """Verbs over the table; each is one transaction, then a word to whoever listens.

    ``also`` belongs to the transaction and gets the job as it was: it may refuse by raising, and write down who did it.
    """

    def __init__(
        self, database: Database, queue: JobQueue, signals: Signals, clock: Clock, kinds: Mapping[str, JobKind]
    ) -> None:
        self._database = database
        self._queue = queue
        self._signals = signals
        self._clock = clock
        self._kinds = kinds

    async def get(self, job_id: str) -> Job:
        """One job. Raises JobMissing."""
        return await self._database.read(lambda connection: _required(connection, job_id))

    async def workers(self) -> int:
        """How many workers of several have signed in lately; the only one of a SQLite depot does not."""
        return await self._database.read(lambda connection: attendance.present(connection, self._clock.now()))

    async def list_page(self, wanted: JobFilter, limit: int, offset: int) -> tuple[int, list[Job]]:
        """The true total and one page, newest first."""
        return await self._database.read(lambda connection: store.list_page(connection, wanted, limit, offset))

    async def counts(self) -> dict[str, int]:
        """How many jobs are in each state."""
        return await self._database.read(store.count_by_status)

    async def cancel(self, job_id: str, also: Also = nothing_else) -> Job:
        """Stop a live job for good; what came in stays for a later try. Raises JobMissing, WrongState."""
        return await self._move(job_id, LIVE, JobStatus.CANCELLED, also=also)

    async def pause(self, job_id: str, also: Also = nothing_else) -> Job:
        """Hold a job until somebody resumes it. Raises JobMissing, WrongState."""
        origins = (JobStatus.QUEUED, JobStatus.RUNNING)
        return await self._move(job_id, origins, JobStatus.PAUSED, PauseReason.PERSON, also)

    async def resume(self, job_id: str, also: Also = nothing_else) -> Job:
        """Let a paused job go on. Raises JobMissing, WrongState."""
        return await self._move(job_id, (JobStatus.PAUSED,), JobStatus.QUEUED, also=also)

    async def retry(self, job_id: str, also: Also = nothing_else) -> Job:
        """Try a failed or cancelled job again. Raises JobMissing, WrongState when its work is under way elsewhere."""
        return await self._move(job_id, (JobStatus.FAILED, JobStatus.CANCELLED), JobStatus.QUEUED, also=also)

    async def delete(self, job_id: str, also: Also = nothing_else) -> None:
        """Forget a job that ended. Raises JobMissing, WrongState."""

        def forget(connection: Connection) -> None:
            job = _required(connection, job_id)
            also(connection, job)
            if not store.delete(connection, job_id):
                raise _wrong_state(job, "deleted", FINAL)

        await self._database.write(forget)
        self._signals.publish(JOB_TOPIC, job_id)

    def cancel_within(self, connection: Connection, job_id: str) -> Job:
        """Cancel as part of a larger transaction; ``announce`` the job when that is through.

        Raises JobMissing, WrongState.
        """
        return self._transition(connection, job_id, LIVE, JobStatus.CANCELLED, None)

    async def announce(self, job: Job) -> None:
        """Tell whoever runs, watches or could run the job that its state changed."""
        self._signals.publish(STOP_TOPIC, job.id)
        self._signals.publish(JOB_TOPIC, job.id)
        if job.status is JobStatus.QUEUED:
            await self._queue.put(job.id, int(job.priority))

    async def _move(
        self,
        job_id: str,
        origins: Sequence[JobStatus],
        target: JobStatus,
        reason: PauseReason | None = None,
        also: Also = nothing_else,
    ) -> Job:
        def move(connection: Connection) -> Job:
            also(connection, _required(connection, job_id))
            return self._transition(connection, job_id, origins, target, reason)

        job = await self._database.write(move)
        await self.announce(job)
        return job

    def _transition(
        self,
        connection: Connection,
        job_id: str,
        origins: Sequence[JobStatus],
        target: JobStatus,
        reason: PauseReason | None,
    ) -> Job:
        before = _required(connection, job_id)
        _refuse_second_live(connection, before, target)
        job = store.move(connection, job_id, origins, target, self._clock.now(), reason)
        if job is None:
            raise _wrong_state(before, target.value, origins)
        self._kinds[job.kind].settle(connection, job)
        return job


def _refuse_second_live(connection: Connection, job: Job, target: JobStatus) -> None:
    live = None if job.is_live or target not in LIVE else store.find_live(connection, job.dedupe_key)
    if live is not None:
        raise WrongState(f"The same work is under way as job {live.id}.", hint=f"GET /jobs/{live.id}")


def _required(connection: Connection, job_id: str) -> Job:
    job = store.get(connection, job_id)
    if job is None:
        raise no_such_job(job_id)
    return job


def _wrong_state(job: Job, wish: str, origins: Sequence[JobStatus]) -> WrongState:
    allowed = " or ".join(state.value for state in origins)
    return WrongState(
        f"Job {job.id} is {job.status.value}; only a job that is {allowed} can become {wish}.",
        hint=f"GET /jobs/{job.id}",
    )
