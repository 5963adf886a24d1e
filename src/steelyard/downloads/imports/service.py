"""What people can do with imports: see what one would do, start it, look how it went."""

import logging
from dataclasses import dataclass

from sqlalchemy import Connection

from steelyard.downloads.imports import store
from steelyard.downloads.imports.errors import ImportMissing, NameUnclear
from steelyard.downloads.imports.models import Asked
from steelyard.downloads.imports.naming import is_name
from steelyard.downloads.imports.payload import KIND, dedupe_key, to_payload
from steelyard.downloads.imports.store import Told
from steelyard.downloads.imports.survey import Survey, Surveyor
from steelyard.downloads.tools import Tools
from steelyard.identity.audit import store as audit
from steelyard.identity.audit.models import Deed
from steelyard.identity.principal import Caller
from steelyard.jobs import store as jobs
from steelyard.jobs.models import Job, NewJob
from steelyard.jobs.service import JobService
from steelyard.jobs.store import JobFilter

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Import:
    """A job, and what became of each model so far."""

    job: Job
    told: list[Told]


class ImportService:
    """Imports are jobs; this starts them and reads their reports."""

    def __init__(self, tools: Tools, surveyor: Surveyor, job_service: JobService) -> None:
        self._tools = tools
        self._surveyor = surveyor
        self._jobs = job_service

    async def rehearse(self, asked: Asked) -> Survey:
        """What an import would do; nothing is changed. Raises as reading.granted and reading.read, and NameUnclear."""
        _require_name(asked)
        return await self._surveyor.survey(asked, await self._surveyor.grant(asked))

    async def ask(self, asked: Asked, caller: Caller) -> Job:
        """Start an import, or join the one that does the same. Raises as reading.granted, and NameUnclear.

        The folder is read by the job; what is wrong in it stands in the job's report.
        """
        _require_name(asked)
        grant = await self._surveyor.grant(asked)
        now, key = self._tools.clock.now(), dedupe_key(asked, grant)

        def file(connection: Connection) -> tuple[Job, bool]:
            live = jobs.find_live(connection, key)
            if live is not None:
                return live, False
            new = NewJob(kind=KIND, dedupe_key=key, payload=to_payload(asked, grant), requested_by=caller.name)
            job = jobs.insert(connection, new, now)
            audit.record(connection, caller, _deed(asked, job), now)
            return job, True

        job, is_new = await self._tools.database.write(file)
        if is_new:
            await self._jobs.announce(job)
        logger.info("asked for an import", extra={"user": caller.name, "job_id": job.id, "path": asked.path})
        return job

    async def get(self, job_id: str) -> Import:
        """One import. Raises ImportMissing."""

        def read(connection: Connection) -> Import | None:
            job = jobs.get(connection, job_id)
            is_one = job is not None and job.kind == KIND
            return Import(job, store.reports(connection, job.id)) if job is not None and is_one else None

        found = await self._tools.database.read(read)
        if found is None:
            raise ImportMissing(f"No import has the id {job_id[:80]!r}.", hint="GET /api/v1/imports lists them.")
        return found

    async def list_page(self, limit: int, offset: int) -> tuple[int, list[Job]]:
        """The true total and one page, newest first."""
        return await self._jobs.list_page(JobFilter(kind=KIND), limit, offset)


def _deed(asked: Asked, job: Job) -> Deed:
    how = {"job_id": job.id, "kind": asked.kind.value, "name": asked.name, "copy": asked.copy}
    return Deed("import.start", asked.path, after=how)


def _require_name(asked: Asked) -> None:
    if asked.name is not None and not is_name(asked.name):
        raise NameUnclear(
            f"{asked.name[:100]!r} cannot be the name of a model.", hint="Write it like 'name' or 'team/name'."
        )
