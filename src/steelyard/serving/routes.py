"""``POST /chat``, engines and conversations."""

import re
from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from steelyard.core.clock import Clock
from steelyard.core.errors import SteelyardError
from steelyard.engines.registry import Engines
from steelyard.http import sse
from steelyard.http.beating import BeatingResponse
from steelyard.http.bodylimit import Routes
from steelyard.http.closing import ClosingResponse, Last
from steelyard.http.late import late_router
from steelyard.http.paging import PageQuery, page
from steelyard.http.plain import PlainJson
from steelyard.http.shapes import answers
from steelyard.identity.people import People
from steelyard.serving.asked import ChatBody, SessionName, UnloadBody
from steelyard.serving.pieces import gathered
from steelyard.serving.protocol import Answer
from steelyard.serving.service import ServingService
from steelyard.serving.sessions import Sessions
from steelyard.serving.shapes import (
    ChatShape,
    EnginePage,
    LoadedPage,
    SessionPage,
    UnloadedShape,
    WholeSessionShape,
)
from steelyard.serving.views import (
    chat_json,
    delta_json,
    engine_json,
    error_json,
    last_json,
    memory_json,
    session_json,
    whole_session_json,
)
from steelyard.usage.note import note

ROOMY: Routes = (("POST", re.compile(r"(/api/v1)?/chat")),)
SessionPath = Annotated[SessionName, Path(description="the conversation's name")]
_ANSWERED = answers(ChatShape, "The whole answer, or a stream of its pieces")


def create_router(
    service: ServingService, sessions: Sessions, engines: Engines, people: People, clock: Clock
) -> APIRouter:
    """All native routes of running models."""
    router = late_router()
    _add_chat(router, service, people, clock)
    _add_engines(router, service, engines, people)
    _add_sessions(router, sessions, people)
    return router


def _add_chat(router: APIRouter, service: ServingService, people: People, clock: Clock) -> None:
    @router.post("/chat", tags=["chat"], summary="Ask a model", **_ANSWERED)
    @router.post("/api/v1/chat", tags=["chat"], summary="Ask a model", **_ANSWERED)
    async def chat(request: Request, body: ChatBody) -> Response:
        caller = await people.caller(request.scope)
        ask = body.as_ask()

        async def begin() -> Response:
            answer = await service.chat(ask, caller, request)
            events = _events(answer, clock, body.session)
            return ClosingResponse(events, media_type="text/event-stream", close=answer.close)

        if body.stream:
            return BeatingResponse(begin, lambda error: sse.event(error_json(error)))
        answer = await service.chat(ask, caller, request)
        try:
            pieces = await gathered(answer.pieces())
        finally:
            await answer.close()
        return PlainJson(chat_json(pieces, answer.ending, clock.now(), body.session))


async def _events(answer: Answer, clock: Clock, session: str | None) -> AsyncGenerator[str | bytes, None]:
    """The pieces, and how it ended; an error after the first byte travels in the stream."""
    try:
        async for piece in answer.pieces():
            yield sse.event(delta_json(piece))
        yield Last(sse.event(last_json(answer.ending, clock.now(), session)).encode())
    except SteelyardError as error:
        yield Last(sse.event(error_json(error)).encode())


def _add_engines(router: APIRouter, service: ServingService, engines: Engines, people: People) -> None:
    @router.get(
        "/api/v1/engines", tags=["engines"], summary="Engines, and whether they work here", **answers(EnginePage)
    )
    async def list_engines() -> dict[str, Any]:
        found = [engine_json(engine.name, engine.availability()) for engine in engines.all()]
        return {"count": len(found), "engines": found}

    @router.get("/api/v1/engines/loaded", tags=["engines"], summary="Models in memory", **answers(LoadedPage))
    async def list_loaded(request: Request) -> dict[str, Any]:
        caller = await people.caller(request.scope)
        return memory_json(service.loaded(caller), service.state(), is_admin=caller.is_admin)

    @router.post(
        "/api/v1/engines/unload", tags=["engines"], summary="Take a model out of memory", **answers(UnloadedShape)
    )
    async def unload(request: Request, body: UnloadBody) -> dict[str, Any]:
        caller = await people.caller(request.scope)
        note(request, caller=caller)
        return {"model": body.model, "unloaded": await service.unload(body.model, caller)}


def _add_sessions(router: APIRouter, sessions: Sessions, people: People) -> None:
    @router.get("/api/v1/sessions", tags=["chat"], summary="Your conversations", **answers(SessionPage))
    async def list_sessions(request: Request, query: Annotated[PageQuery, Query()]) -> Response:
        caller = await people.caller(request.scope)
        count, found = await sessions.list_page(caller, query.limit, query.offset)
        return page("sessions", count, [session_json(session) for session in found])

    @router.get(
        "/api/v1/sessions/{session}", tags=["chat"], summary="What was said in one", **answers(WholeSessionShape)
    )
    async def get_session(request: Request, session: SessionPath) -> dict[str, Any]:
        return whole_session_json(*await sessions.get(await people.caller(request.scope), session))

    @router.delete("/api/v1/sessions/{session}", tags=["chat"], status_code=204, summary="Forget one")
    async def delete_session(request: Request, session: SessionPath) -> Response:
        await sessions.delete(await people.caller(request.scope), session)
        return Response(status_code=204)
