"""The audit log, for administrators."""

from starlette.requests import Request
from starlette.responses import Response

from steelyard.core.errors import SteelyardError
from steelyard.web.auditing import AuditQuery, read_audit_query
from steelyard.web.chrome import Chrome, Twin
from steelyard.web.frame import Frame
from steelyard.web.headers import unkept
from steelyard.web.people import AuditSource
from steelyard.web.view.audit import ACTIONS, AUDIT, audit


class AuditPage:
    """``/admin/audit``."""

    def __init__(self, source: AuditSource, frame: Frame) -> None:
        self._source = source
        self._frame = frame

    async def show(self, request: Request) -> Response:
        """``GET /admin/audit``."""
        try:
            query = read_audit_query(request.query_params)
            total, entries = await self._source.entries(query, request)
        except SteelyardError as error:
            return self._frame.failed(request, error)
        shown = audit(query, total, entries, self._frame.now())
        return unkept(
            self._frame.page(request, "admin_audit.html", _chrome(query), query=query, audit=shown, actions=ACTIONS)
        )


def _chrome(query: AuditQuery) -> Chrome:
    twin = Twin("These lines as JSON", f"{AUDIT}{query.api_address()}")
    return Chrome("Audit log", "admin", twins=(twin,), is_inside=True)
