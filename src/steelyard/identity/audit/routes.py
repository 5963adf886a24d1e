"""``/api/v1/audit``: the audit log, as pages and as a file. Only administrators get here: the table of rights says."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from steelyard.core.clock import Clock
from steelyard.http.export import Export, ExportFormat, add_list, respond
from steelyard.http.late import late_router
from steelyard.http.moments import Since, Until, in_utc
from steelyard.http.paging import PageQuery, page
from steelyard.identity.audit.models import AuditFilter
from steelyard.identity.audit.service import AuditLog
from steelyard.identity.audit.shapes import AuditPage
from steelyard.identity.audit.views import AUDIT_FIELDS, audit_json

_EXPORT = Export("audit", "entries", AUDIT_FIELDS, audit_json)
_ACTION = r"^[a-z_]+(\.[a-z_]+)*\.?$"
Text = Annotated[str | None, Field(min_length=1)]


class AuditQuery(PageQuery):
    """What the audit log can be narrowed to."""

    user: Text = Field(None, description="only what this person did", examples=["alice"])
    action: Text = Field(
        None,
        pattern=_ACTION,
        description="only this action; with a dot at the end all that begin so: `model.`",
        examples=["model.change"],
    )
    subject: Text = Field(None, description="only what was done to this", examples=["org/name"])
    since: Since = None
    until: Until = None
    format: ExportFormat | None = Field(
        None, description="send all that match as a file; `limit` and `offset` only cut it if they are given"
    )

    @property
    def cut(self) -> tuple[int | None, int]:
        """How much of a file is wanted: the limit, if one was given, and the offset."""
        return self.limit if "limit" in self.model_fields_set else None, self.offset


def create_router(log: AuditLog, clock: Clock) -> APIRouter:
    """The one route."""
    router = late_router(tags=["audit"])

    async def audit(request: Request, query: Annotated[AuditQuery, Query()]) -> Response:
        wanted = AuditFilter(
            principals=None if query.user is None else await log.principals(query.user),
            action=query.action, subject=query.subject, since=in_utc(query.since), until=in_utc(query.until),
        )  # fmt: skip
        if query.format is not None:
            return await respond(request, _EXPORT, query.format, log.slices(wanted, *query.cut), clock.now())
        count, found = await log.list_page(wanted, query.limit, query.offset)
        return page("entries", count, [audit_json(entry) for entry in found])

    add_list(router, "/api/v1/audit", audit, AuditPage, "Who changed what, newest first")
    return router
