# Written by `make sdk` from client/aio/downloads.py: edit that.
"""Who asked for what, when, and how it went."""

from collections.abc import Iterator, Sequence
from typing import Unpack

from steelyard.client.call import Call, page, shape
from steelyard.client.connection import Connection
from steelyard.client.export import export
from steelyard.client.filters import RequestFilters, request_query
from steelyard.client.pages import PAGE_SIZE, iterate
from steelyard.client.paths import segment
from steelyard.client.shapes import DownloadRequest, DownloadRequestPage, ExportFormat

_REQUEST = "/api/v1/downloads/request"


class Downloads:
    """``client.downloads``. Times are aware datetimes or ISO 8601 texts; naive datetimes are local time."""

    def __init__(self, wire: Connection) -> None:
        self._wire = wire

    def history(
        self,
        *,
        sort: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        **filters: Unpack[RequestFilters],
    ) -> DownloadRequestPage:
        """One page, newest first unless ``sort`` says otherwise. ``count`` is the number of all that match."""
        path, params = request_query(filters)
        params |= {"sort": sort, "limit": limit, "offset": offset}
        return self._wire.send(Call("GET", path, page(DownloadRequestPage, "requests"), params))

    def iterate(self, *, page_size: int = PAGE_SIZE, **filters: Unpack[RequestFilters]) -> Iterator[DownloadRequest]:
        """All that match, fetched page by page."""
        path, params = request_query(filters)

        def fetch(limit: int, offset: int) -> tuple[int, Sequence[DownloadRequest]]:
            cut = {**params, "limit": limit, "offset": offset}
            found = self._wire.send(Call("GET", path, page(DownloadRequestPage, "requests"), cut))
            return found["count"], found["requests"]

        return iterate(fetch, page_size)

    def export(
        self,
        format: ExportFormat,  # noqa: A002 - the depot's own word for it
        *,
        limit: int | None = None,
        **filters: Unpack[RequestFilters],
    ) -> Iterator[bytes]:
        """All that match, or the newest ``limit`` of them, as a file, in chunks.

        Raises ServerUnreachable when it breaks off before its end.
        """
        path, params = request_query(filters)
        return export(self._wire, path, format, {**params, "limit": limit})

    def get(self, task_id: str) -> DownloadRequest:
        """One request. Raises NotFound."""
        return self._wire.send(Call("GET", _request_path(task_id), shape(DownloadRequest)))

    def decided(self, task_id: str, *, every: float = 2.0) -> DownloadRequest:
        """The request once it waits for no administrator any more; asks every few seconds. Raises NotFound."""
        while (request := self.get(task_id))["status"] == "awaiting_approval":
            self._wire.sleep(every)
        return request

    def cancel(self, task_id: str) -> DownloadRequest:
        """Withdraw one request: the job goes on while others wait for it. Raises NotFound, Conflict."""
        return self._wire.send(Call("POST", f"{_request_path(task_id)}/cancel", shape(DownloadRequest)))


def _request_path(task_id: str) -> str:
    return f"{_REQUEST}/{segment(task_id, 'id of the request')}"
