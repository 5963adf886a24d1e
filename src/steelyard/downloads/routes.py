"""``/pull``, ``/api/models/download`` and the history of requests."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from starlette.responses import JSONResponse

from steelyard.catalog.service import CatalogService
from steelyard.catalog.views import model_json
from steelyard.core import ref
from steelyard.core.clock import Clock
from steelyard.downloads.filing import Answer
from steelyard.downloads.history import add_history
from steelyard.downloads.models import Ask
from steelyard.downloads.service import DownloadService
from steelyard.downloads.shapes import DownloadAnswer, PullAnswer, RequestShape
from steelyard.downloads.views import answer_json, request_json
from steelyard.http.late import late_router
from steelyard.http.shapes import answers
from steelyard.identity.people import People
from steelyard.jobs.models import Priority
from steelyard.usage.note import note

PULL = "model_pull"  # the event of asking; the completed download is a model_download
Pattern = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f]+$")]
Name = Annotated[str, StringConstraints(max_length=600)]
TaskId = Annotated[str, Path(max_length=100, description="the request's id")]
_PULLED = answers(
    PullAnswer, "On its way or waiting for approval (202), or here already (200)", status=202, also={200: PullAnswer}
)
_DOWNLOADED = answers(
    DownloadAnswer,
    "On its way or waiting for approval (202), or here already (200)",
    status=202,
    also={200: DownloadAnswer},
)


class PullBody(BaseModel):
    """What to bring, and how much of it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    model: Name = Field(description="reference of the model", examples=["gpt2", "org/name@main"])
    revision: Name | None = Field(None, description="branch, tag or commit; default: the hub's default branch")
    include: list[Pattern] = Field([], max_length=100, description="only paths that match one of these patterns")
    exclude: list[Pattern] = Field([], max_length=100, description="no path that matches one of these patterns")
    username: Name | None = Field(None, description="who asks, where nothing surer tells")
    priority: Literal["low", "medium", "high"] = Field("medium", description="how urgent it is")


class DownloadBody(PullBody):
    """The same under further names; ``username`` is required."""

    username: Name = Field(description="who asks")

    @model_validator(mode="before")
    @classmethod
    def _one_name(cls, values: Any) -> Any:
        """``model_id`` and ``repo_id`` mean ``model``."""
        if not isinstance(values, dict):
            return values
        given = [name for name in ("model", "model_id", "repo_id") if name in values]
        if len(given) != 1:
            raise ValueError("give exactly one of model, model_id and repo_id")
        rest = {name: value for name, value in values.items() if name not in given}
        return rest | {"model": values[given[0]]}


def create_router(service: DownloadService, catalog: CatalogService, people: People, clock: Clock) -> APIRouter:
    """All routes of requests."""
    router = late_router(tags=["downloads"])
    add_history(router, service, catalog, people, clock)

    async def ask(request: Request, body: PullBody) -> Answer:
        reference = ref.parse(body.model).with_revision(body.revision)
        caller = await people.caller(request.scope, body.username)
        note(request, type=PULL, model=str(reference.bare), caller=caller)
        priority = Priority.of(body.priority)
        answer = await service.ask(Ask(reference, caller, tuple(body.include), tuple(body.exclude), priority))
        note(request, model=answer.model)
        return answer

    @router.post("/pull", summary="Bring a model", **_PULLED)
    @router.post("/api/v1/pull", summary="Bring a model", **_PULLED)
    async def pull(request: Request, body: PullBody) -> JSONResponse:
        answer = await ask(request, body)
        return JSONResponse(answer_json(answer), 200 if answer.is_here else 202)

    @router.post("/api/models/download", summary="Bring a model, saying who asks", **_DOWNLOADED)
    @router.post("/api/v1/models/download", summary="Bring a model, saying who asks", **_DOWNLOADED)
    async def download(request: Request, body: DownloadBody) -> JSONResponse:
        answer = await ask(request, body)
        entry = None if answer.is_waiting else await _entry(catalog, answer.model)
        return JSONResponse(answer_json(answer) | {"entry": entry}, 200 if answer.is_here else 202)

    @router.get("/api/v1/downloads/request/{task_id}", summary="One request", **answers(RequestShape))
    async def get_request(request: Request, task_id: TaskId) -> dict[str, Any]:
        return request_json(await service.get(task_id, await people.caller(request.scope)))

    @router.post(
        "/api/v1/downloads/request/{task_id}/cancel",
        summary="Call a request off; others keep theirs",
        **answers(RequestShape),
    )
    async def cancel_request(request: Request, task_id: TaskId) -> dict[str, Any]:
        return request_json(await service.cancel(task_id, await people.caller(request.scope)))

    return router


async def _entry(catalog: CatalogService, model: str) -> dict[str, Any]:
    card = await catalog.get(ref.parse(model))
    return model_json(card, [revision.commit for revision in await catalog.revisions(card.entry)])
