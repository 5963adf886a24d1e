"""``/api/v1/users/{name}/export`` and ``/forget``."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from steelyard.core.clock import Clock
from steelyard.downloads.memory.service import Memory
from steelyard.http.export import Export, ExportFormat, respond
from steelyard.http.late import late_router
from steelyard.http.shapes import Count, Shape, answers
from steelyard.identity.people import People

PersonName = Annotated[str, Path(max_length=200, description="the person, with or without an account")]


class ForgottenShape(Shape):
    """How many rows no longer say who it was."""

    pseudonym: str
    requests: Count
    events: Count
    jobs: Count
    models: Count
    principals: Count


def create_router(memory: Memory, people: People, clock: Clock) -> APIRouter:
    """Both routes."""
    router = late_router(prefix="/api/v1/users", tags=["accounts"])
    all_of_it: dict[int | str, dict[str, Any]] = {
        200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}, "description": "one record a line"}
    }

    @router.get("/{name}/export", summary="All that is known of a person", response_class=Response, responses=all_of_it)
    async def export(request: Request, name: PersonName) -> Response:
        lines = memory.lines(await people.caller(request.scope), name)
        file = Export[dict[str, Any]]("person", "records", (), dict)
        return await respond(request, file, ExportFormat.NDJSON, lines, clock.now())

    @router.post("/{name}/forget", summary="Forget a person; totals stay", **answers(ForgottenShape))
    async def forget(request: Request, name: PersonName) -> dict[str, Any]:
        done = await memory.forget(await people.caller(request.scope), name)
        return {
            "pseudonym": done.pseudonym, "requests": done.requests, "events": done.events, "jobs": done.jobs,
            "models": done.models, "principals": done.principals,
        }  # fmt: skip

    return router
