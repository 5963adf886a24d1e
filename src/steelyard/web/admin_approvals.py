"""Requests that wait for an administrator: agree, or say no and why."""

from starlette.requests import Request
from starlette.responses import Response

from steelyard.core.errors import NotFound, SteelyardError
from steelyard.web.chrome import Chrome, Twin
from steelyard.web.forms import read_fields
from steelyard.web.frame import Frame, redirect
from steelyard.web.headers import unkept
from steelyard.web.notices import Notice, Place
from steelyard.web.paged import paged
from steelyard.web.people import ApprovalSource
from steelyard.web.query import read_offset
from steelyard.web.told import read_told, refused, told
from steelyard.web.view.approvals import approvals
from steelyard.web.words import counted

PAGE_SIZE = 50
_PATH = "/admin/approvals"
_TWINS = (Twin("What waits as JSON", "/api/v1/approvals"),)
_CHROME = Chrome("Waiting for approval", "admin", twins=_TWINS, is_inside=True)
_DECISIONS = ("approve", "deny")


class ApprovalsPage:
    """``/admin/approvals`` and its forms."""

    def __init__(self, source: ApprovalSource, frame: Frame) -> None:
        self._source = source
        self._frame = frame

    async def show(self, request: Request) -> Response:
        """``GET /admin/approvals``."""
        try:
            return await self._page(request, read_told(request.query_params))
        except SteelyardError as error:
            return self._frame.failed(request, error)

    async def decide(self, request: Request) -> Response:
        """``POST /pages/admin/approvals/{id}/{decision}``."""
        decision = request.path_params["decision"]
        try:
            if decision not in _DECISIONS:
                raise NotFound("A request is approved or denied.", hint="Use the buttons on the page.")
            reason = (await read_fields(request)).get("reason", "").strip()
            task_id = request.path_params["id"]
            await self._source.decide(task_id, reason, request, agreed=decision == _DECISIONS[0])
        except SteelyardError as error:
            return await self._refused(request, error)
        return redirect(request, told(_PATH, decision))

    async def _refused(self, request: Request, error: SteelyardError) -> Response:
        try:
            return await self._page(request, refused(Place.PEOPLE, error), error)
        except SteelyardError as broken:
            return self._frame.failed(request, broken)

    async def _page(self, request: Request, notice: Notice | None, error: SteelyardError | None = None) -> Response:
        offset, now = read_offset(request.query_params), self._frame.now()
        total, found = await self._source.waiting(offset, PAGE_SIZE, request)
        shown = self._frame.page(
            request,
            "admin_approvals.html",
            _CHROME,
            error,
            approvals=approvals(found, now),
            summary=counted(total, "request"),
            list=paged(offset, PAGE_SIZE, total, len(found)),
            notice=notice,
        )
        return unkept(shown)
