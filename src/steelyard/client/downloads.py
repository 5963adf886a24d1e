"""Who asked for what, when, and how it went."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from steelyard.client.call import Call, Sender, page, shape
from steelyard.client.errors import InvalidArgument
from steelyard.client.pages import PAGE_SIZE, iterate
from steelyard.client.paths import segment
from steelyard.client.shapes import DownloadRequest, DownloadRequestPage
from steelyard.core.clock import iso

_HISTORY = "/api/v1/downloads/history"
_REQUEST = "/api/v1/downloads/request"


class Downloads:
    """``client.downloads``. Times are aware datetimes or ISO 8601 texts; naive datetimes are local time."""

    def __init__(self, wire: Sender) -> None:
        self._wire = wire

    def history(
        self,
        *,
        user: str | None = None,
        ip: str | None = None,
        status: str | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> DownloadRequestPage:
        """One page, newest first, of everybody, of one user, or of one address. Raises InvalidArgument for both."""
        params = {"status": status, "since": _moment(since), "until": _moment(until)}
        return self._wire.send(
            Call(
                "GET",
                _history_path(user, ip),
                page(DownloadRequestPage, "requests"),
                {**params, "limit": limit, "offset": offset},
            )
        )

    def iterate(
        self,
        *,
        user: str | None = None,
        ip: str | None = None,
        status: str | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        page_size: int = PAGE_SIZE,
    ) -> Iterator[DownloadRequest]:
        """All that match, fetched page by page."""

        def fetch(limit: int, offset: int) -> tuple[int, Sequence[DownloadRequest]]:
            found = self.history(user=user, ip=ip, status=status, since=since, until=until, limit=limit, offset=offset)
            return found["count"], found["requests"]

        return iterate(fetch, page_size)

    def get(self, task_id: str) -> DownloadRequest:
        """One request. Raises NotFound."""
        return self._wire.send(Call("GET", _request_path(task_id), shape(DownloadRequest)))

    def cancel(self, task_id: str) -> DownloadRequest:
        """Withdraw one request: the job goes on while others wait for it. Raises NotFound, Conflict."""
        return self._wire.send(Call("POST", f"{_request_path(task_id)}/cancel", shape(DownloadRequest)))


def _history_path(user: str | None, ip: str | None) -> str:
    if user is not None and ip is not None:
        raise InvalidArgument("The history is kept by user or by address.", hint="Give one of them.")
    if user is not None:
        return f"{_HISTORY}/user/{segment(user, 'user name')}"
    if ip is not None:
        return f"{_HISTORY}/ip/{segment(ip, 'address')}"
    return _HISTORY


def _request_path(task_id: str) -> str:
    return f"{_REQUEST}/{segment(task_id, 'id of the request')}"


def _moment(value: datetime | str | None) -> str | None:
    return iso(value) if isinstance(value, datetime) else value
