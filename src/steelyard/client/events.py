# Written by `make sdk` from client/aio/events.py: edit that.
"""The access log: what happened, when, by whom, to which model."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from steelyard.client.call import Call, Value, page
from steelyard.client.connection import Connection
from steelyard.client.export import export
from steelyard.client.moments import moment
from steelyard.client.pages import PAGE_SIZE, iterate
from steelyard.client.shapes import Event, EventPage, ExportFormat

_EVENTS = "/api/v1/events"


class Events:
    """``client.events``. Times are aware datetimes or ISO 8601 texts; naive datetimes are local time."""

    def __init__(self, wire: Connection) -> None:
        self._wire = wire

    def list(
        self,
        *,
        user: str | None = None,
        ip: str | None = None,
        model: str | None = None,
        type: str | None = None,  # noqa: A002 - the depot's own word for it
        success: bool | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> EventPage:
        """One page, newest first; ``count`` is the number of all that match."""
        params = _filters(user, ip, model, type, success, since, until)
        call = Call("GET", _EVENTS, page(EventPage, "events"), {**params, "limit": limit, "offset": offset})
        return self._wire.send(call)

    def iterate(
        self,
        *,
        user: str | None = None,
        ip: str | None = None,
        model: str | None = None,
        type: str | None = None,  # noqa: A002 - the depot's own word for it
        success: bool | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        page_size: int = PAGE_SIZE,
    ) -> Iterator[Event]:
        """All that match, fetched page by page."""
        params = _filters(user, ip, model, type, success, since, until)

        def fetch(limit: int, offset: int) -> tuple[int, Sequence[Event]]:
            call = Call("GET", _EVENTS, page(EventPage, "events"), {**params, "limit": limit, "offset": offset})
            found = self._wire.send(call)
            return found["count"], found["events"]

        return iterate(fetch, page_size)

    def export(
        self,
        format: ExportFormat,  # noqa: A002 - the depot's own word for it
        *,
        user: str | None = None,
        ip: str | None = None,
        model: str | None = None,
        type: str | None = None,  # noqa: A002
        success: bool | None = None,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
    ) -> Iterator[bytes]:
        """All that match as a file, in chunks. Raises ServerUnreachable when it breaks off before its end."""
        return export(self._wire, _EVENTS, format, _filters(user, ip, model, type, success, since, until))


def _filters(
    user: str | None,
    ip: str | None,
    model: str | None,
    type: str | None,  # noqa: A002
    success: bool | None,
    since: datetime | str | None,
    until: datetime | str | None,
) -> dict[str, Value]:
    return {
        "user": user, "ip": ip, "model": model, "type": type, "success": success, "since": moment(since),
        "until": moment(until),
    }  # fmt: skip
