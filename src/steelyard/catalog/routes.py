"""``/api/models``: the shelf. Names contain slashes, so routes take the rest of the path and know it by its end."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from steelyard.catalog import rights
from steelyard.catalog.listing import EntryFilter
from steelyard.catalog.model_stats import ModelStatistics, add_stats
from steelyard.catalog.models import ModelStatus
from steelyard.catalog.service import CatalogService
from steelyard.catalog.shapes import ExistsAnswer, FilePage, ModelPage, ModelShape
from steelyard.catalog.views import line_json, model_json
from steelyard.core import ref
from steelyard.core.errors import NotFound
from steelyard.core.ref import Reference
from steelyard.http.late import late_router
from steelyard.http.paging import PageQuery, page, written_page
from steelyard.http.paths import ModelPath
from steelyard.http.plain import PlainJson
from steelyard.http.shapes import answers
from steelyard.identity.people import People
from steelyard.usage.events import EventType
from steelyard.usage.note import note

RESERVED = ("exists", "stats", "events", "files", "verify", "restore", "allow")
MINE = "me"


class ModelQuery(PageQuery):
    """Filters of the list."""

    q: str | None = Field(None, description="part of a name, a title, a tag or an alias, whatever the case")
    status: ModelStatus | None = Field(None, description="only models in this state; `deleted` lists the trash")
    owner: str | None = Field(None, description="only models of this person; `me` is whoever asks")
    source: str | None = Field(None, description="only models from there", examples=["huggingface"])
    format: str | None = Field(None, description="only models in this format", examples=["gguf"])
    sort: Literal["name", "newest", "last_used", "downloads", "size"] = Field("name", description="the order")


class ExistsQuery(BaseModel):
    """What must be here for the answer to be yes."""

    model_config = ConfigDict(extra="forbid", str_max_length=512)

    revision: str | None = Field(None, description="a branch, tag or commit that must be here")
    file: str | None = Field(None, description="a path in the repository that must be here")


class ExistsByNameQuery(ExistsQuery):
    """The same, with the model named in the query."""

    model: str = Field(description="reference of the model", examples=["org/name"])


def named(reference: str) -> Reference:
    """The model that a whole address names. Raises NotFound for a reserved last word, InvalidReference."""
    if reference.rpartition("/")[2] in RESERVED:
        raise NotFound(f"Nothing answers to {reference[:100]!r} here.", hint="Ask by catalog id (m~…).")
    return ref.parse(reference)


def create_router(service: CatalogService, people: People, numbers: ModelStatistics) -> APIRouter:
    """The routes of the shelf, under ``/api/models`` and ``/api/v1/models``."""
    router = late_router(tags=["models"])

    @router.get("", summary="List models", **answers(ModelPage))
    async def list_models(request: Request, query: Annotated[ModelQuery, Query()]) -> JSONResponse:
        note(request, type=EventType.MODEL_LIST)
        caller = await people.caller(request.scope)
        owner = caller.name if query.owner == MINE else query.owner
        viewer = rights.viewer(caller)
        wanted = EntryFilter(query.q, query.status, query.source, query.format, owner, query.sort, viewer)
        count, lines = await service.list_page(wanted, query.limit, query.offset)
        return written_page("models", count, [line_json(line, counts) for line, counts in lines])

    @router.get("/exists", summary="Whether a model is here, named in the query", **answers(ExistsAnswer))
    async def exists_by_name(request: Request, query: Annotated[ExistsByNameQuery, Query()]) -> dict[str, Any]:
        return await _exists(request, query.model, query)

    @router.get("/{reference:path}/exists", summary="Whether a model is here", **answers(ExistsAnswer))
    async def exists(request: Request, reference: ModelPath, query: Annotated[ExistsQuery, Query()]) -> dict[str, Any]:
        return await _exists(request, reference, query)

    @router.get("/{reference:path}/files", summary="The files of a model", **answers(FilePage))
    async def list_files(request: Request, reference: ModelPath, query: Annotated[PageQuery, Query()]) -> JSONResponse:
        answer = await _get(request, reference)
        files = answer["files"]
        return page("files", len(files), files[query.offset : query.offset + query.limit])

    add_stats(router, numbers, people)

    @router.get("/{reference:path}", summary="One model with its files and counts", **answers(ModelShape))
    async def get_model(request: Request, reference: ModelPath) -> JSONResponse:
        named(reference)
        return PlainJson(await _get(request, reference))

    async def _get(request: Request, reference: ModelPath) -> dict[str, Any]:
        card = await service.get(ref.parse(reference), await people.caller(request.scope))
        note(request, type=EventType.MODEL_ACCESS, model=str(card.entry.name))
        return model_json(card, [revision.commit for revision in await service.revisions(card.entry)])

    async def _exists(request: Request, reference: ModelPath, query: ExistsQuery) -> dict[str, Any]:
        parsed = ref.parse(reference).with_revision(query.revision)
        found = await service.presence(parsed, query.file, await people.caller(request.scope))
        note(request, model=found.model or (str(parsed.bare) if parsed.entry_key is None else None))
        return {"exists": found.exists, "status": found.status.value if found.status else None}

    return router
