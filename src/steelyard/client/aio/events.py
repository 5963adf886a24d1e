"""The access log: what happened, when, by whom, to which model."""

from collections.abc import AsyncIterator, Sequence
from typing import Unpack

from steelyard.client.aio.connection import Connection
from steelyard.client.aio.export import export
from steelyard.client.aio.pages import PAGE_SIZE, iterate
from steelyard.client.call import Call, page
from steelyard.client.filters import EventFilters, event_query
from steelyard.client.shapes import Event, EventPage, ExportFormat

_EVENTS = "/api/v1/events"


class Events:
    """``client.events``. Times are aware datetimes or ISO 8601 texts; naive datetimes are local time."""

    def __init__(self, wire: Connection) -> None:
        self._wire = wire

    async def list(
        self, *, limit: int | None = None, offset: int | None = None, **filters: Unpack[EventFilters]
    ) -> EventPage:
        """One page, newest first; ``count`` is the number of all that match."""
        params = {**event_query(filters), "limit": limit, "offset": offset}
        return await self._wire.send(Call("GET", _EVENTS, page(EventPage, "events"), params))

    def iterate(self, *, page_size: int = PAGE_SIZE, **filters: Unpack[EventFilters]) -> AsyncIterator[Event]:
        """All that match, fetched page by page."""
        params = event_query(filters)

        async def fetch(limit: int, offset: int) -> tuple[int, Sequence[Event]]:
            call = Call("GET", _EVENTS, page(EventPage, "events"), {**params, "limit": limit, "offset": offset})
            found = await self._wire.send(call)
            return found["count"], found["events"]

        return iterate(fetch, page_size)

    def export(
        self,
        format: ExportFormat,  # noqa: A002 - the depot's own word for it
        *,
        limit: int | None = None,
        **filters: Unpack[EventFilters],
    ) -> AsyncIterator[bytes]:
        """All that match, or the newest ``limit`` of them, as a file, in chunks.

        Raises ServerUnreachable when it breaks off before its end.
        """
        return export(self._wire, _EVENTS, format, {**event_query(filters), "limit": limit})
