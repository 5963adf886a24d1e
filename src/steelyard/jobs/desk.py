"""What the routes of jobs need: the verbs of jobs for whoever sent a request.

Whose a job is and who may see it is known further up; whoever is told so by ``scope`` implements this.
"""

from dataclasses import dataclass
from typing import Protocol

from starlette.types import Scope

from steelyard.jobs.models import Job
from steelyard.jobs.store import JobFilter


class JobReader(Protocol):
    """Reads one job."""

    async def get(self, job_id: str) -> Job:
        """The job now. Raises JobMissing."""


class JobDesk(Protocol):
    """Jobs for the sender of a request. All may raise JobMissing, the verbs WrongState and NotYourJob as well."""

    async def get(self, job_id: str, scope: Scope) -> Job:
        """One job that the sender may see."""

    async def list_page(self, wanted: JobFilter, limit: int, offset: int, scope: Scope) -> tuple[int, list[Job]]:
        """The true total and one page of what the sender may see, newest first."""

    async def cancel(self, job_id: str, scope: Scope) -> Job:
        """Stop it for good."""

    async def pause(self, job_id: str, scope: Scope) -> Job:
        """Hold it."""

    async def resume(self, job_id: str, scope: Scope) -> Job:
        """Let it go on."""

    async def retry(self, job_id: str, scope: Scope) -> Job:
        """Try it again."""

    async def delete(self, job_id: str, scope: Scope) -> None:
        """Forget it."""


@dataclass(frozen=True, slots=True)
class SeenBy:
    """The jobs that one sender may see."""

    desk: JobDesk
    scope: Scope

    async def get(self, job_id: str) -> Job:
        """The job now. Raises JobMissing."""
        return await self.desk.get(job_id, self.scope)
