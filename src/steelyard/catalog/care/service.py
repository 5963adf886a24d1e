"""What can be asked about the store's health: verify a model, scan everything, see what was found."""

from dataclasses import dataclass

from sqlalchemy import Connection

from steelyard.catalog import rights
from steelyard.catalog.care import checks, findings, records
from steelyard.catalog.care.checks import CheckFilter
from steelyard.catalog.care.errors import NothingToVerify, ScanUnderWay
from steelyard.catalog.care.findings import FindingFilter
from steelyard.catalog.care.models import Check, Finding, Problem, StoreRecord
from steelyard.catalog.care.scan import SCAN
from steelyard.catalog.care.tools import CareTools
from steelyard.catalog.care.verify import VERIFY
from steelyard.catalog.service import required
from steelyard.core.ref import Reference
from steelyard.identity.audit import store as audit
from steelyard.identity.audit.models import Deed
from steelyard.identity.principal import Caller
from steelyard.jobs import store as jobs
from steelyard.jobs.models import Job, NewJob, Priority
from steelyard.jobs.service import JobService


@dataclass(frozen=True, slots=True)
class FindingQuery:
    """Which findings somebody wants to see; None means any."""

    open: bool = True
    problem: Problem | None = None
    model: Reference | None = None
    job: str | None = None


@dataclass(frozen=True, slots=True)
class CheckQuery:
    """Which checks somebody wants to see; None means any."""

    kind: str | None = None
    model: Reference | None = None
    job: str | None = None


class CareService:
    """Each verb is one transaction; jobs that are alive already are shared."""

    def __init__(self, tools: CareTools, job_service: JobService) -> None:
        self._database = tools.database
        self._clock = tools.clock
        self._jobs = job_service

    async def verify(self, reference: Reference, caller: Caller) -> Job:
        """Have every file of a model read again. Raises ModelMissing, NothingToVerify."""

        def ask(connection: Connection) -> tuple[Job, bool]:
            entry = required(connection, reference, caller)
            if not records.has_files(connection, entry.id):
                name = str(entry.name)
                raise NothingToVerify(f"No file of {name} is here.", hint=f"Bring it first: steelyard pull {name}")
            payload = {"entry": entry.id}
            new = NewJob(
                kind=VERIFY, dedupe_key=f"{VERIFY}:{entry.id}", payload=payload, model=str(entry.name),
                requested_by=caller.name, priority=Priority.LOW,
            )  # fmt: skip
            return self._shared(connection, new, caller, Deed("model.verify", str(entry.name)))

        return await self._announced(*await self._database.write(ask))

    async def scan(self, caller: Caller | None, *, accept_missing: bool = False) -> Job:
        """Have the whole store compared with the catalog; ``caller`` is None for the depot itself.

        Raises ScanUnderWay when a scan is alive that was not told to accept what is missing.
        """
        new = NewJob(
            kind=SCAN, dedupe_key=SCAN, payload={"accept_missing": accept_missing},
            requested_by=caller.name if caller else None, priority=Priority.LOW,
        )  # fmt: skip
        deed = Deed("store.scan", "store", None, {"accept_missing": accept_missing})
        job, is_new = await self._database.write(lambda connection: self._shared(connection, new, caller, deed))
        if accept_missing and not job.payload.get("accept_missing"):
            raise ScanUnderWay("A scan is under way that takes nothing for granted.", hint=f"Wait: GET /jobs/{job.id}")
        return await self._announced(job, is_new)

    async def findings(
        self, wanted: FindingQuery, caller: Caller, limit: int, offset: int
    ) -> tuple[int, list[Finding]]:
        """The true total and one page, newest first. Raises ModelMissing."""

        def read(connection: Connection) -> tuple[int, list[Finding]]:
            entry = required(connection, wanted.model, caller).id if wanted.model else None
            chosen = FindingFilter(wanted.open, wanted.problem, entry, wanted.job, rights.viewer(caller))
            return findings.list_page(connection, chosen, limit, offset)

        return await self._database.read(read)

    async def checks(self, wanted: CheckQuery, caller: Caller, limit: int, offset: int) -> tuple[int, list[Check]]:
        """The true total and one page of what verifications and scans came to, newest first. Raises ModelMissing."""

        def read(connection: Connection) -> tuple[int, list[Check]]:
            entry = required(connection, wanted.model, caller).id if wanted.model else None
            chosen = CheckFilter(wanted.kind, entry, wanted.job, rights.viewer(caller))
            return checks.list_page(connection, chosen, limit, offset)

        return await self._database.read(read)

    async def store(self) -> StoreRecord:
        """What the last scan counted."""
        return await self._database.read(checks.store_record)

    def _shared(self, connection: Connection, new: NewJob, caller: Caller | None, deed: Deed) -> tuple[Job, bool]:
        """The live job of that kind and key, else a new one, and whether it is new: then whoever asked is noted."""
        live = jobs.find_live(connection, new.dedupe_key)
        if live:
            return live, False
        if caller is not None:
            audit.record(connection, caller, deed, self._clock.now())
        return jobs.insert(connection, new, self._clock.now()), True

    async def _announced(self, job: Job, is_new: bool) -> Job:
        if is_new:
            await self._jobs.announce(job)
        return job
