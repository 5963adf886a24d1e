"""The access log: what happened, when, by whom, to which model; and what other services tell of."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Unpack

from steelyard.client.aio.connection import Connection
from steelyard.client.aio.export import export
from steelyard.client.aio.pages import PAGE_SIZE, iterate
from steelyard.client.call import Call, page, shape
from steelyard.client.filters import EventFilters, event_query
from steelyard.client.shapes import Event, EventPage, ExportFormat, ReportAnswer

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

    async def report(self, events: Sequence[Mapping[str, Any]]) -> ReportAnswer:
        """Tell of at most 10,000 events, each with ``type``, ``model`` and ``timestamp``. They are durable on return.

        An event with an ``id`` is counted once, however often it is sent; what is refused stands in ``rejected``.
        ``steelyard.track`` does this in the background, and waits for a depot that is away.
        """
        return await self._wire.send(Call("POST", _EVENTS, shape(ReportAnswer), json={"events": [*map(dict, events)]}))

    async def report_lines(self, lines: bytes) -> ReportAnswer:
        """The same with events that are JSON texts already, one to a line."""
        return await self._wire.send(Call("POST", _EVENTS, shape(ReportAnswer), lines=lines))
