# Written by `make sdk` from client/aio/audit.py: edit that.
"""The audit log: who changed what. For administrators."""

from collections.abc import Iterator, Sequence
from typing import Unpack

from steelyard.client.call import Call, page
from steelyard.client.connection import Connection
from steelyard.client.export import export
from steelyard.client.filters import AuditFilters, audit_query
from steelyard.client.pages import PAGE_SIZE, iterate
from steelyard.client.shapes import AuditEntry, AuditPage, ExportFormat

_AUDIT = "/api/v1/audit"


class Audit:
    """``client.audit``. Times are aware datetimes or ISO 8601 texts; naive datetimes are local time."""

    def __init__(self, wire: Connection) -> None:
        self._wire = wire

    def list(
        self, *, limit: int | None = None, offset: int | None = None, **filters: Unpack[AuditFilters]
    ) -> AuditPage:
        """One page, newest first; ``count`` is the number of all that match."""
        params = {**audit_query(filters), "limit": limit, "offset": offset}
        return self._wire.send(Call("GET", _AUDIT, page(AuditPage, "entries"), params))

    def iterate(self, *, page_size: int = PAGE_SIZE, **filters: Unpack[AuditFilters]) -> Iterator[AuditEntry]:
        """All that match, fetched page by page."""
        params = audit_query(filters)

        def fetch(limit: int, offset: int) -> tuple[int, Sequence[AuditEntry]]:
            call = Call("GET", _AUDIT, page(AuditPage, "entries"), {**params, "limit": limit, "offset": offset})
            found = self._wire.send(call)
            return found["count"], found["entries"]

        return iterate(fetch, page_size)

    def export(
        self,
        format: ExportFormat,  # noqa: A002 - the depot's own word for it
        *,
        limit: int | None = None,
        **filters: Unpack[AuditFilters],
    ) -> Iterator[bytes]:
        """All that match, or the newest ``limit`` of them, as a file, in chunks.

        Raises ServerUnreachable when it breaks off before its end.
        """
        return export(self._wire, _AUDIT, format, {**audit_query(filters), "limit": limit})
