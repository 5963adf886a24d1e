"""``/pull``, ``/api/models/download`` and the history of requests."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from starlette.responses import JSONResponse

from steelyard.catalog.service import CatalogService
from steelyard.catalog.views import model_json
from steelyard.core import ref
from steelyard.core.errors import Invalid
from steelyard.downloads.filing import Answer
from steelyard.downloads.models import Ask, RequestStatus
from steelyard.downloads.service import DownloadService
from steelyard.downloads.store import RequestFilter
from steelyard.downloads.views import answer_json, request_json
from steelyard.http.paging import PageQuery, page
from steelyard.identity.people import People
from steelyard.jobs.models import Priority
from steelyard.usage.note import note

PULL = "model_pull"  # the event of asking; the completed download is a model_download
Pattern = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f]+$")]
Name = Annotated[str, StringConstraints(max_length=600)]
TaskId = Annotated[str, Path(max_length=100)]


class PullBody(BaseModel):
    """What to bring, and how much of it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    model: Name = Field(description="reference of the model", examples=["gpt2", "org/name@main"])
    revision: Name | None = Field(None, description="branch, tag or commit; default: the hub's default branch")
    include: list[Pattern] = Field([], max_length=100, description="only paths that match one of these patterns")
    exclude: list[Pattern] = Field([], max_length=100, description="no path that matches one of these patterns")
    username: Name | None = Field(None, description="who asks, where nothing surer tells")
    priority: Literal["low", "medium", "high"] = "medium"


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


class HistoryQuery(PageQuery):
    """Filters of the history."""

    status: RequestStatus | None = None
    since: datetime | None = None
    until: datetime | None = None


def create_router(service: DownloadService, catalog: CatalogService, people: People) -> APIRouter:
    """All routes of requests."""
    router = APIRouter(tags=["downloads"])

    async def ask(request: Request, body: PullBody) -> Answer:
        reference = ref.parse(body.model).with_revision(body.revision)
        caller = await people.caller(request.scope, body.username)
        note(request, type=PULL, model=str(reference.bare), caller=caller)
        priority = Priority.of(body.priority)
        answer = await service.ask(Ask(reference, caller, tuple(body.include), tuple(body.exclude), priority))
        note(request, model=answer.model)
        return answer

    @router.post("/pull", status_code=202, summary="Bring a model")
    @router.post("/api/v1/pull", status_code=202, summary="Bring a model")
    async def pull(request: Request, body: PullBody) -> JSONResponse:
        answer = await ask(request, body)
        return JSONResponse(answer_json(answer), 200 if answer.is_here else 202)

    @router.post("/api/models/download", status_code=202, summary="Bring a model, saying who asks")
    @router.post("/api/v1/models/download", status_code=202, summary="Bring a model, saying who asks")
    async def download(request: Request, body: DownloadBody) -> JSONResponse:
        answer = await ask(request, body)
        entry = model_json(await catalog.get(ref.parse(answer.model)))
        return JSONResponse(answer_json(answer) | {"entry": entry}, 200 if answer.is_here else 202)

    async def history_page(query: HistoryQuery, username: str | None = None, ip: str | None = None) -> dict[str, Any]:
        wanted = RequestFilter(username, ip, query.status, _aware(query.since), _aware(query.until))
        count, requests = await service.list_page(wanted, query.limit, query.offset)
        return page("requests", count, [request_json(request) for request in requests])

    @router.get("/api/v1/downloads/history", summary="All requests, newest first")
    async def history(query: Annotated[HistoryQuery, Query()]) -> dict[str, Any]:
        return await history_page(query)

    @router.get("/api/v1/downloads/history/user/{username}", summary="The requests of one person")
    async def history_of_user(username: Name, query: Annotated[HistoryQuery, Query()]) -> dict[str, Any]:
        return await history_page(query, username=username)

    @router.get("/api/v1/downloads/history/ip/{vpn_ip}", summary="The requests from one address")
    async def history_of_ip(vpn_ip: Name, query: Annotated[HistoryQuery, Query()]) -> dict[str, Any]:
        return await history_page(query, ip=vpn_ip)

    @router.get("/api/v1/downloads/request/{task_id}", summary="One request")
    async def get_request(task_id: TaskId) -> dict[str, Any]:
        return request_json(await service.get(task_id))

    @router.post("/api/v1/downloads/request/{task_id}/cancel", summary="Call a request off; others keep theirs")
    async def cancel_request(task_id: TaskId) -> dict[str, Any]:
        return request_json(await service.cancel(task_id))

    return router


def _aware(moment: datetime | None) -> datetime | None:
    """In UTC; a time without an offset is meant so. Raises Invalid for one that no calendar has in UTC."""
    if moment is None:
        return None
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise Invalid("The time is outside the calendar.", hint="Write it like 2026-11-20T12:00:00Z.") from error
