"""What administrators can do with requests that wait: look, agree, say no. That only they may, the table of rights
says."""

from dataclasses import dataclass

from sqlalchemy import Connection

from steelyard.catalog.models import MODEL_TOPIC
from steelyard.core.clock import Clock
from steelyard.core.errors import Conflict
from steelyard.core.signals import Signals
from steelyard.db.database import Database
from steelyard.downloads import store, waiting
from steelyard.downloads.errors import RequestMissing
from steelyard.downloads.filing import Answer
from steelyard.downloads.models import REQUEST_TOPIC, DownloadRequest, RequestStatus
from steelyard.downloads.service import DownloadService
from steelyard.downloads.settings import DownloadSettings
from steelyard.downloads.taking_up import take_up
from steelyard.downloads.waiting import Approval, ApprovalState
from steelyard.identity.audit import store as audit
from steelyard.identity.audit.models import Deed
from steelyard.identity.principal import Caller
from steelyard.jobs.models import Job


class AlreadyDecided(Conflict):
    """The request waits for nobody any more."""

    slug = "already-decided"
    title = "There is nothing left to decide"


@dataclass(frozen=True, slots=True)
class Case:
    """A request that has or had to wait, with its record."""

    request: DownloadRequest
    approval: Approval


class ApprovalService:
    """Each verb is one transaction; then the queue and the pages hear of it."""

    def __init__(
        self, database: Database, downloads: DownloadService, signals: Signals, clock: Clock, rules: DownloadSettings
    ) -> None:
        self._database = database
        self._downloads = downloads
        self._signals = signals
        self._clock = clock
        self._rules = rules

    async def list_page(self, state: ApprovalState, limit: int, offset: int) -> tuple[int, list[Case]]:
        """The true total and one page, the oldest first."""

        def look(connection: Connection) -> tuple[int, list[Case]]:
            count, found = waiting.list_page(connection, state, limit, offset)
            return count, [Case(store.require(connection, one.task_id), one) for one in found]

        return await self._database.read(look)

    async def get(self, task_id: str) -> Case:
        """One case. Raises RequestMissing."""
        return await self._database.read(lambda connection: _case(connection, task_id))

    async def approve(self, caller: Caller, task_id: str, reason: str | None = None) -> tuple[Case, Answer]:
        """The request goes on as if it was asked now; what became of it.

        Raises RequestMissing, AlreadyDecided, and what DownloadService.ask raises.
        """
        case = await self._database.read(lambda connection: _undecided(connection, task_id))
        await self._downloads.make_ready(case.approval.wanted, caller)
        now = self._clock.now()

        def approve(connection: Connection) -> tuple[Answer, Job | None]:
            case = _undecided(connection, task_id)
            answer, job = take_up(connection, case.request, case.approval, now, self._rules)
            waiting.settle(connection, task_id, ApprovalState.APPROVED, caller.name, reason, now)
            self._record(connection, caller, "request.approve", case, {"status": "approved", "reason": reason})
            return answer, job

        answer, job = await self._database.write(approve)
        await self._downloads.tell(answer, job, case.approval.wanted)
        self._tell(case)
        return await self.get(task_id), answer

    async def deny(self, caller: Caller, task_id: str, reason: str) -> Case:
        """The request ends, with the reason for its asker to read. Raises RequestMissing, AlreadyDecided."""
        now = self._clock.now()

        def deny(connection: Connection) -> Case:
            case = _undecided(connection, task_id)
            waiting.settle(connection, task_id, ApprovalState.DENIED, caller.name, reason, now)
            denied = {"status": RequestStatus.DENIED.value, "error": reason, "completed_at": now}
            store.change(connection, task_id, **denied)
            self._record(connection, caller, "request.deny", case, {"status": "denied", "reason": reason})
            return _case(connection, task_id)

        case = await self._database.write(deny)
        self._tell(case)
        return case

    def _record(
        self, connection: Connection, caller: Caller, action: str, case: Case, after: dict[str, str | None]
    ) -> None:
        what = f"request {case.request.task_id} ({case.approval.model})"
        before = {"status": case.request.status.value, "username": case.request.username}
        audit.record(connection, caller, Deed(action, what, before, after), self._clock.now())

    def _tell(self, case: Case) -> None:
        self._signals.publish(REQUEST_TOPIC, case.request.task_id)
        self._signals.publish(MODEL_TOPIC, case.approval.model)


def _case(connection: Connection, task_id: str) -> Case:
    approval, request = waiting.find(connection, task_id), store.get(connection, task_id)
    if approval is None or request is None:
        hint = "GET /api/v1/approvals lists what waits; so does `steelyard approvals`."
        raise RequestMissing(f"No request with the id {task_id[:80]!r} had to wait.", hint=hint)
    return Case(request, approval)


def _undecided(connection: Connection, task_id: str) -> Case:
    case = _case(connection, task_id)
    if case.approval.state is not ApprovalState.WAITING:
        by = f" by {case.approval.decided_by}" if case.approval.decided_by else ""
        raise AlreadyDecided(
            f"Request {task_id} was {case.approval.state.value}{by}.", hint=f"GET /api/v1/downloads/request/{task_id}"
        )
    return case
