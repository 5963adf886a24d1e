"""What people do to models: change, delete, restore."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from steelyard.catalog.changes import ChangeService, ModelChange
from steelyard.catalog.models import Entry
from steelyard.catalog.routes import named
from steelyard.catalog.service import CatalogService
from steelyard.catalog.shapes import DeletionShape, ModelShape
from steelyard.catalog.trash import Deletion, TrashService
from steelyard.catalog.views import model_json
from steelyard.core.clock import iso
from steelyard.http.late import late_router
from steelyard.http.paths import ModelPath
from steelyard.http.shapes import answers
from steelyard.identity.people import People
from steelyard.identity.principal import Caller
from steelyard.usage.events import EventType
from steelyard.usage.note import note


class DeleteQuery(BaseModel):
    """How a model is deleted."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = Field(False, description="only tell what it would free, of a pinned model too")
    purge: bool = Field(False, description="for good, now, without the time in the trash")


def create_router(catalog: CatalogService, changes: ChangeService, trash: TrashService, people: People) -> APIRouter:
    """The routes under ``/api/models`` and ``/api/v1/models`` that change something."""
    router = late_router(tags=["models"])

    async def begin(request: Request, type: str) -> Caller:  # noqa: A002 - the event's own word
        caller = await people.caller(request.scope)
        note(request, type=type, caller=caller)
        return caller

    @router.put("/{reference:path}", summary="Change a model; only what is given changes", **answers(ModelShape))
    @router.patch("/{reference:path}", summary="Change a model; only what is given changes", **answers(ModelShape))
    async def change(request: Request, reference: ModelPath, body: ModelChange) -> dict[str, Any]:
        caller = await begin(request, EventType.MODEL_UPDATE)
        return await shown(request, await changes.change(named(reference), body, caller))

    @router.delete(
        "/{reference:path}",
        summary="Delete a model: into the trash, or for good",
        **answers(DeletionShape, also={202: DeletionShape}),
    )
    async def delete(request: Request, reference: ModelPath, query: Annotated[DeleteQuery, Query()]) -> JSONResponse:
        if query.dry_run:
            caller = await people.caller(request.scope)
            would = await trash.weigh(named(reference), caller, purge=query.purge)
            return JSONResponse(await shown(request, would.entry) | deletion_json(would))
        caller = await begin(request, EventType.MODEL_DELETE)
        done = await trash.delete(named(reference), caller, purge=query.purge)
        return JSONResponse(await shown(request, done.entry) | deletion_json(done), 202 if query.purge else 200)

    @router.post("/{reference:path}/restore", summary="Have a model back from the trash", **answers(ModelShape))
    async def restore(request: Request, reference: ModelPath) -> dict[str, Any]:
        caller = await begin(request, EventType.MODEL_UPDATE)
        return await shown(request, await trash.restore(named(reference), caller))

    async def shown(request: Request, entry: Entry) -> dict[str, Any]:
        note(request, model=str(entry.name))
        card = await catalog.of_key(entry.id)
        return model_json(card, [revision.commit for revision in await catalog.revisions(card.entry)])

    return router


def deletion_json(deletion: Deletion) -> dict[str, Any]:
    """What a deletion adds to the model: bytes that it frees once it is purged, and until when it can come back."""
    return {
        "frees_bytes": deletion.weight.frees,
        "shared_bytes": deletion.weight.shared,
        "purge_after": iso(deletion.purge_after),
        "job_id": deletion.job.id if deletion.job else None,
    }
