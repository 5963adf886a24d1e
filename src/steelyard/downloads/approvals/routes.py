"""``/api/v1/approvals``. Only administrators get here: the table of rights says."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import Field
from starlette.responses import JSONResponse

from steelyard.downloads.approvals.service import ApprovalService
from steelyard.downloads.approvals.shapes import ApprovalPage, ApprovalShape, ApproveBody, DenyBody
from steelyard.downloads.approvals.views import approval_json
from steelyard.downloads.waiting import ApprovalState
from steelyard.http.late import late_router
from steelyard.http.paging import PageQuery, page
from steelyard.http.shapes import answers
from steelyard.identity.people import People

_APPROVALS = "/api/v1/approvals"
TaskId = Annotated[str, Path(max_length=100, description="the request's id")]


class ApprovalQuery(PageQuery):
    """Which of them."""

    status: ApprovalState = Field(ApprovalState.WAITING, description="only those that stand so")


def create_router(approvals: ApprovalService, people: People) -> APIRouter:
    """The routes of approvals."""
    router = late_router(tags=["approvals"])

    @router.get(_APPROVALS, summary="Requests that wait for an administrator, oldest first", **answers(ApprovalPage))
    async def list_approvals(query: Annotated[ApprovalQuery, Query()]) -> JSONResponse:
        count, found = await approvals.list_page(query.status, query.limit, query.offset)
        return page("approvals", count, [approval_json(case) for case in found])

    @router.get(f"{_APPROVALS}/{{task_id}}", summary="One of them", **answers(ApprovalShape))
    async def get_approval(task_id: TaskId) -> dict[str, Any]:
        return approval_json(await approvals.get(task_id))

    @router.post(f"{_APPROVALS}/{{task_id}}/approve", summary="Agree: the request goes on", **answers(ApprovalShape))
    async def approve(request: Request, task_id: TaskId, body: ApproveBody | None = None) -> dict[str, Any]:
        caller = await people.caller(request.scope)
        case, _ = await approvals.approve(caller, task_id, body.reason if body else None)
        return approval_json(case)

    @router.post(f"{_APPROVALS}/{{task_id}}/deny", summary="Say no, and why", **answers(ApprovalShape))
    async def deny(request: Request, task_id: TaskId, body: DenyBody) -> dict[str, Any]:
        return approval_json(await approvals.deny(await people.caller(request.scope), task_id, body.reason))

    return router
