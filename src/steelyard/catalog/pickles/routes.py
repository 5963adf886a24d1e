"""``/api/models/{id}/allow``: let a model's quarantined files out, and put them back."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from steelyard.catalog.models import Entry
from steelyard.catalog.pickles.service import AllowService
from steelyard.catalog.routes import named
from steelyard.catalog.service import CatalogService
from steelyard.catalog.shapes import ModelShape
from steelyard.catalog.views import model_json
from steelyard.http.late import late_router
from steelyard.http.paths import ModelPath
from steelyard.http.shapes import answers
from steelyard.identity.people import People
from steelyard.identity.principal import Caller
from steelyard.usage.events import EventType
from steelyard.usage.note import note


def _printable(text: str) -> str:
    if not text.isprintable() or not text.strip():
        raise ValueError("it must be words that can be printed, on one line")
    return text.strip()


Reason = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(_printable)]


class AllowBody(BaseModel):
    """Why the files can be trusted."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reason: Reason = Field(description="kept with the files, and shown to everybody", examples=["our own training run"])


def create_router(catalog: CatalogService, allowing: AllowService, people: People) -> APIRouter:
    """The routes under ``/api/models`` and ``/api/v1/models``; before those that take the whole rest of the path."""
    router = late_router(tags=["models"])

    @router.post("/{reference:path}/allow", summary="Let quarantined files be used", **answers(ModelShape))
    async def allow(request: Request, reference: ModelPath, body: AllowBody) -> dict[str, Any]:
        caller = await begin(request)
        return await shown(request, await allowing.allow(named(reference), body.reason, caller))

    @router.delete("/{reference:path}/allow", summary="Put them back into quarantine", **answers(ModelShape))
    async def disallow(request: Request, reference: ModelPath) -> dict[str, Any]:
        caller = await begin(request)
        return await shown(request, await allowing.disallow(named(reference), caller))

    async def begin(request: Request) -> Caller:
        caller = await people.caller(request.scope)
        note(request, type=EventType.MODEL_UPDATE, caller=caller)
        return caller

    async def shown(request: Request, entry: Entry) -> dict[str, Any]:
        note(request, model=str(entry.name))
        card = await catalog.of_key(entry.id)
        return model_json(card, [revision.commit for revision in await catalog.revisions(card.entry)])

    return router
