"""What administrators decide about requests that wait; the table of routes lets only them come here."""

from typing import Any

from starlette.requests import Request

from steelyard.downloads.approvals.service import ApprovalService
from steelyard.downloads.approvals.shapes import ApproveBody, DenyBody
from steelyard.downloads.approvals.views import approval_json
from steelyard.downloads.waiting import ApprovalState
from steelyard.identity.people import People
from steelyard.pages.checked import checked


class ApprovalPages:
    """Implements ApprovalSource."""

    def __init__(self, approvals: ApprovalService, people: People) -> None:
        self._approvals = approvals
        self._people = people

    async def waiting(self, offset: int, limit: int, request: Request) -> tuple[int, list[dict[str, Any]]]:
        """How many wait, and one page of them, the oldest first. Raises DatabaseAway."""
        total, cases = await self._approvals.list_page(ApprovalState.WAITING, limit, offset)
        return total, [approval_json(case) for case in cases]

    async def decide(self, task_id: str, reason: str, request: Request, *, agreed: bool) -> None:
        """Agree or say no. Raises BadForm, RequestMissing, AlreadyDecided, and what ApprovalService.approve raises."""
        caller = await self._people.caller(request.scope)
        if agreed:
            body = checked(ApproveBody, {"reason": reason or None})
            await self._approvals.approve(caller, task_id, body.reason)
        else:
            await self._approvals.deny(caller, task_id, checked(DenyBody, {"reason": reason}).reason)
