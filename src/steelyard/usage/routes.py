"""``/api/v1/events``: the access log, as pages and as a file."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import Response

from steelyard.core import ref
from steelyard.core.clock import Clock
from steelyard.core.ref import Reference
from steelyard.http.export import Export, ExportFormat, add_list, respond
from steelyard.http.late import late_router
from steelyard.http.moments import Since, Until, in_utc
from steelyard.http.paging import PageQuery, page
from steelyard.http.paths import ModelPath
from steelyard.identity.people import People
from steelyard.identity.principal import Caller
from steelyard.usage.lines import EventFilter
from steelyard.usage.log import AccessHistory
from steelyard.usage.note import note
from steelyard.usage.shapes import EventPage
from steelyard.usage.sight import visible
from steelyard.usage.views import EVENT_FIELDS, event_json

_EXPORT = Export("events", "events", EVENT_FIELDS, event_json)
Text = Annotated[str | None, Field(min_length=1)]
NameOf = Callable[[Reference, Caller], Awaitable[str]]


class ModelEventQuery(PageQuery):
    """What the log of one model can be narrowed to."""

    user: Text = Field(None, description="only what this person did", examples=["alice"])
    ip: Text = Field(None, description="only what was asked from this address", examples=["100.64.0.5"])
    type: Text = Field(None, description="only events of this type", examples=["model_access"])
    success: bool | None = Field(None, description="only what went well, or only what did not")
    since: Since = None
    until: Until = None
    format: ExportFormat | None = Field(
        None, description="send all that match as a file; `limit` and `offset` only cut it if they are given"
    )

    @property
    def cut(self) -> tuple[int | None, int]:
        """How much of a file is wanted: the limit, if one was given, and the offset."""
        return self.limit if "limit" in self.model_fields_set else None, self.offset


class EventQuery(ModelEventQuery):
    """What the whole log can be narrowed to."""

    model: Text = Field(None, description="only what is about this model, by any name of it", examples=["gpt2"])


def create_router(history: AccessHistory, people: People, name_of: NameOf, clock: Clock) -> APIRouter:
    """The routes of the log. ``name_of`` gives the name that events keep of a model which exists for the caller."""
    router = late_router(tags=["events"])

    async def answer(request: Request, query: ModelEventQuery, model: str | None) -> Response:
        caller = await people.caller(request.scope)
        wanted = await _filter(history, people, query, model)
        if not caller.is_admin:
            wanted = visible(wanted, await history.own(caller))
        if query.format is not None:
            rows = history.slices(wanted, *query.cut)
            return await respond(request, _EXPORT, query.format, rows, clock.now())
        count, found = await history.list_page(wanted, query.limit, query.offset)
        return page("events", count, [event_json(entry) for entry in found])

    async def events(request: Request, query: Annotated[EventQuery, Query()]) -> Response:
        caller = await people.caller(request.scope)
        model = None if query.model is None else await name_of(ref.parse(query.model), caller)
        return await answer(request, query, model)

    async def events_of_model(
        request: Request, reference: ModelPath, query: Annotated[ModelEventQuery, Query()]
    ) -> Response:
        model = await name_of(ref.parse(reference), await people.caller(request.scope))
        note(request, model=model)
        return await answer(request, query, model)

    add_list(router, "/api/v1/events", events, EventPage, "What happened, newest first")
    for prefix in ("/api/models", "/api/v1/models"):
        add_list(router, f"{prefix}/{{reference:path}}/events", events_of_model, EventPage, "What happened to a model")
    return router


async def _filter(history: AccessHistory, people: People, query: ModelEventQuery, model: str | None) -> EventFilter:
    return EventFilter(
        principals=None if query.user is None else await history.principals(query.user),
        address=None if query.ip is None else await people.recorded(query.ip),
        model=model,
        type=query.type,
        success=query.success,
        since=in_utc(query.since),
        until=in_utc(query.until),
    )
