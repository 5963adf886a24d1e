# Written by `make sdk` from client/aio/jobs.py: edit that.
"""Durable work: list, look at, steer, and follow to the end."""

from collections.abc import Iterator, Sequence

from steelyard.client.call import Call, nothing, page, shape
from steelyard.client.connection import Connection
from steelyard.client.pages import PAGE_SIZE, iterate
from steelyard.client.paths import segment
from steelyard.client.patience import DEAF, PATIENCE, Ears, Patience
from steelyard.client.shapes import Job, JobPage
from steelyard.client.watch import jobs_of, watch


class Jobs:
    """``client.jobs``. Every method that takes an id raises NotFound for an unknown one, InvalidArgument for ''."""

    def __init__(self, wire: Connection) -> None:
        self._wire = wire

    def list(
        self,
        *,
        status: str | None = None,
        model: str | None = None,
        kind: str | None = None,
        user: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> JobPage:
        """One page, newest first; ``count`` is the number of all that match. ``limit`` is 1 to 1000."""
        params = {"status": status, "model": model, "kind": kind, "user": user}
        return self._wire.send(
            Call("GET", "/jobs", page(JobPage, "jobs"), {**params, "limit": limit, "offset": offset})
        )

    def iterate(
        self,
        *,
        status: str | None = None,
        model: str | None = None,
        kind: str | None = None,
        user: str | None = None,
        page_size: int = PAGE_SIZE,
    ) -> Iterator[Job]:
        """All that match, fetched page by page."""

        def fetch(limit: int, offset: int) -> tuple[int, Sequence[Job]]:
            found = self.list(status=status, model=model, kind=kind, user=user, limit=limit, offset=offset)
            return found["count"], found["jobs"]

        return iterate(fetch, page_size)

    def get(self, job_id: str) -> Job:
        """The job as it is now."""
        return self._wire.send(Call("GET", _path(job_id), shape(Job)))

    def cancel(self, job_id: str) -> Job:
        """Stop it for good; no more bytes move within a second. Raises Conflict when it has ended already."""
        return self._steer(job_id, "cancel")

    def pause(self, job_id: str) -> Job:
        """Stop it for now and keep what is there. Raises Conflict."""
        return self._steer(job_id, "pause")

    def resume(self, job_id: str) -> Job:
        """Let a paused job go on. Raises Conflict."""
        return self._steer(job_id, "resume")

    def retry(self, job_id: str) -> Job:
        """Try a failed or cancelled job again. Raises Conflict."""
        return self._steer(job_id, "retry")

    def delete(self, job_id: str) -> None:
        """Remove the record of an ended job. Raises Conflict while it is not ended."""
        self._wire.send(Call("DELETE", _path(job_id), nothing))

    def watch(self, job_id: str, *, patience: Patience = PATIENCE, ears: Ears = DEAF) -> Iterator[Job]:
        """Its states until the final one, live. Survives broken streams and a restart of the server.

        ``ears`` hear when the server is away and when it is back. Raises ServerUnreachable when it stays away for
        longer than ``patience``; the job goes on without its watcher.
        """
        return watch(lambda: self.get(job_id), lambda: self._events(job_id), self._wire.sleep, patience, ears)

    def _steer(self, job_id: str, verb: str) -> Job:
        return self._wire.send(Call("POST", f"{_path(job_id)}/{verb}", shape(Job)))

    def _events(self, job_id: str) -> Iterator[Job]:
        with self._wire.stream(f"{_path(job_id)}/events") as chunks:
            yield from jobs_of(chunks)


def _path(job_id: str) -> str:
    return f"/jobs/{segment(job_id, 'id of the job')}"
