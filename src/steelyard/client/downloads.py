# Written by `make sdk` from client/aio/downloads.py: edit that.
"""Who asked for what, when, and how it went."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from steelyard.client.call import Call, Value, page, shape
from steelyard.client.connection import Connection
from steelyard.client.export import export
from steelyard.client.moments import moment
from steelyard.client.pages import PAGE_SIZE, iterate
from steelyard.client.paths import segment
from steelyard.client.shapes import DownloadRequest, DownloadRequestPage, ExportFormat

_HISTORY = "/api/v1/downloads/history"
_REQUEST = "/api/v1/downloads/request"


class Downloads:
    """``client.downloads``. Times are aware datetimes or ISO 8601 texts; naive datetimes are local time."""

    def __init__(self, wire: Connection) -> None:
        self._wire = wire

    def history(
        self,
        *,
        user: str | None = None,
        ip: str | None = None,
        status: str | None = None,
        model: str | None = None,
        kind: str | None = None,
        source: str | None = None,
        q: str | None = None,
        job: str | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        sort: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> DownloadRequestPage:
        """One page, newest first unless ``sort`` says otherwise. ``count`` is the number of all that match."""
        filters = _Filters(user, ip, status, model, kind, source, q, job, since, until)
        params = {**filters.params, "sort": sort, "limit": limit, "offset": offset}
        return self._wire.send(Call("GET", filters.path, page(DownloadRequestPage, "requests"), params))

    def iterate(
        self,
        *,
        user: str | None = None,
        ip: str | None = None,
        status: str | None = None,
        model: str | None = None,
        kind: str | None = None,
        source: str | None = None,
        q: str | None = None,
        job: str | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        page_size: int = PAGE_SIZE,
    ) -> Iterator[DownloadRequest]:
        """All that match, fetched page by page."""
        filters = _Filters(user, ip, status, model, kind, source, q, job, since, until)

        def fetch(limit: int, offset: int) -> tuple[int, Sequence[DownloadRequest]]:
            params = {**filters.params, "limit": limit, "offset": offset}
            call = Call("GET", filters.path, page(DownloadRequestPage, "requests"), params)
            found = self._wire.send(call)
            return found["count"], found["requests"]

        return iterate(fetch, page_size)

    def export(
        self,
        format: ExportFormat,  # noqa: A002 - the depot's own word for it
        *,
        user: str | None = None,
        ip: str | None = None,
        status: str | None = None,
        model: str | None = None,
        kind: str | None = None,
        source: str | None = None,
        q: str | None = None,
        job: str | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
    ) -> Iterator[bytes]:
        """All that match as a file, in chunks. Raises ServerUnreachable when it breaks off before its end."""
        filters = _Filters(user, ip, status, model, kind, source, q, job, since, until)
        return export(self._wire, filters.path, format, filters.params)

    def get(self, task_id: str) -> DownloadRequest:
        """One request. Raises NotFound."""
        return self._wire.send(Call("GET", _request_path(task_id), shape(DownloadRequest)))

    def cancel(self, task_id: str) -> DownloadRequest:
        """Withdraw one request: the job goes on while others wait for it. Raises NotFound, Conflict."""
        return self._wire.send(Call("POST", f"{_request_path(task_id)}/cancel", shape(DownloadRequest)))


@dataclass(frozen=True, slots=True)
class _Filters:
    """What a list of requests is narrowed to."""

    user: str | None
    ip: str | None
    status: str | None
    model: str | None
    kind: str | None
    source: str | None
    q: str | None
    job: str | None
    since: datetime | str | None
    until: datetime | str | None

    @property
    def path(self) -> str:
        """The list of everybody, of one person or of one address."""
        if self.user is not None:
            return f"{_HISTORY}/user/{segment(self.user, 'user name')}"
        return _HISTORY if self.ip is None else f"{_HISTORY}/ip/{segment(self.ip, 'address')}"

    @property
    def params(self) -> dict[str, Value]:
        """The rest of the query."""
        return {
            "status": self.status, "model": self.model, "kind": self.kind, "source": self.source, "q": self.q,
            "job_id": self.job, "since": moment(self.since), "until": moment(self.until),
            "ip": self.ip if self.user is not None else None,
        }  # fmt: skip


def _request_path(task_id: str) -> str:
    return f"{_REQUEST}/{segment(task_id, 'id of the request')}"
