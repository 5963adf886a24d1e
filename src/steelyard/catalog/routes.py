"""``/api/models``: the shelf. Names contain slashes, so routes take the rest of the path and know it by its end."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict

from steelyard.catalog.models import ModelStatus
from steelyard.catalog.service import CatalogService
from steelyard.catalog.store import EntryFilter
from steelyard.catalog.views import model_json, stats_json
from steelyard.core import ref
from steelyard.core.errors import NotFound
from steelyard.http.paging import PageQuery, page
from steelyard.identity.people import People
from steelyard.usage.events import EventType
from steelyard.usage.note import note

RESERVED = ("exists", "stats", "events", "files", "verify", "restore")
MINE = "me"


class ModelQuery(PageQuery):
    """Filters of the list."""

    q: str | None = None
    status: ModelStatus | None = None
    owner: str | None = None
    source: str | None = None
    format: str | None = None
    sort: Literal["name", "newest", "last_used", "downloads", "size"] = "name"


class ExistsQuery(BaseModel):
    """What must be here for the answer to be yes."""

    model_config = ConfigDict(extra="forbid", str_max_length=512)

    revision: str | None = None
    file: str | None = None


class ExistsByNameQuery(ExistsQuery):
    """The same, with the model named in the query."""

    model: str


def create_router(service: CatalogService, people: People) -> APIRouter:
    """The routes of the shelf, under ``/api/models`` and ``/api/v1/models``."""
    router = APIRouter(tags=["models"])

    @router.get("", summary="List models")
    async def list_models(request: Request, query: Annotated[ModelQuery, Query()]) -> dict[str, Any]:
        note(request, type=EventType.MODEL_LIST)
        owner = (await people.caller(request.scope)).name if query.owner == MINE else query.owner
        wanted = EntryFilter(query.q, query.status, query.source, query.format, owner, query.sort)
        count, cards = await service.list_page(wanted, query.limit, query.offset)
        return page("models", count, [model_json(card) for card in cards])

    @router.get("/exists", summary="Whether a model is here, named in the query")
    async def exists_by_name(request: Request, query: Annotated[ExistsByNameQuery, Query()]) -> dict[str, Any]:
        return await _exists(request, query.model, query)

    @router.get("/{reference:path}/exists", summary="Whether a model is here")
    async def exists(request: Request, reference: str, query: Annotated[ExistsQuery, Query()]) -> dict[str, Any]:
        return await _exists(request, reference, query)

    @router.get("/{reference:path}/files", summary="The files of a model")
    async def list_files(request: Request, reference: str, query: Annotated[PageQuery, Query()]) -> dict[str, Any]:
        answer = await _get(request, reference)
        files = answer["files"]
        return page("files", len(files), files[query.offset : query.offset + query.limit])

    @router.get("/{reference:path}/stats", summary="The counts of a model")
    async def get_stats(request: Request, reference: str) -> dict[str, Any]:
        parsed = ref.parse(reference)
        card = await service.get(parsed)
        note(request, type=EventType.MODEL_ACCESS, model=str(card.entry.name))
        stats = stats_json(card)
        return {"model": str(card.entry.name), "stats": stats, **stats}

    @router.get("/{reference:path}", summary="One model with its files and counts")
    async def get_model(request: Request, reference: str) -> dict[str, Any]:
        if reference.rpartition("/")[2] in RESERVED:
            raise NotFound(f"Nothing answers to {reference[:100]!r} here.", hint="Ask by catalog id (m~…).")
        return await _get(request, reference)

    async def _get(request: Request, reference: str) -> dict[str, Any]:
        card = await service.get(ref.parse(reference))
        note(request, type=EventType.MODEL_ACCESS, model=str(card.entry.name))
        return model_json(card, [revision.commit for revision in await service.revisions(card.entry)])

    async def _exists(request: Request, reference: str, query: ExistsQuery) -> dict[str, Any]:
        parsed = ref.parse(reference).with_revision(query.revision)
        found = await service.presence(parsed, query.file)
        note(request, model=str(parsed.bare) if parsed.entry_key is None else None)
        return {"exists": found.exists, "status": found.status.value if found.status else None}

    return router
