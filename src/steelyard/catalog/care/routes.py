"""Verify, scan, and what they found."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from steelyard.catalog.care.models import Problem
from steelyard.catalog.care.service import CareService, CheckQuery, FindingQuery
from steelyard.catalog.care.shapes import CheckPage, FindingPage, StartedShape, StoreShape
from steelyard.catalog.care.views import check_json, finding_json, started_json, store_json
from steelyard.catalog.routes import named
from steelyard.core import ref
from steelyard.http.late import late_router
from steelyard.http.paging import PageQuery, page
from steelyard.http.paths import ModelPath
from steelyard.http.shapes import answers
from steelyard.identity.people import People
from steelyard.storage.space import Space
from steelyard.usage.note import note


class FindingsQuery(PageQuery):
    """Filters of the list."""

    problem: Problem | None = Field(None, description="only findings of this kind")
    model: str | None = Field(None, description="only findings about this model", examples=["org/name"])
    job: str | None = Field(None, description="only what this job found")
    open: bool = Field(True, description="false: only what is resolved")


class ChecksQuery(PageQuery):
    """Filters of the list."""

    kind: Literal["verify", "scan"] | None = Field(None, description="only checks of this kind")
    model: str | None = Field(None, description="only verifications of this model", examples=["org/name"])
    job: str | None = Field(None, description="only what this job came to")


class ScanBody(BaseModel):
    """How to scan."""

    model_config = ConfigDict(extra="forbid")

    accept_missing: bool = Field(
        False, description="believe it when most repositories are gone: somebody removed them on purpose"
    )


def create_verify_router(service: CareService, people: People) -> APIRouter:
    """The route under ``/api/models`` and ``/api/v1/models``."""
    router = late_router(tags=["models"])

    @router.post(
        "/{reference:path}/verify", summary="Read every file of a model again", **answers(StartedShape, status=202)
    )
    async def verify(request: Request, reference: ModelPath) -> dict[str, Any]:
        caller = await people.caller(request.scope)
        note(request, caller=caller)
        job = await service.verify(named(reference), caller)
        note(request, model=job.model)
        return started_json(job)

    return router


def create_router(service: CareService, people: People, space: Space) -> APIRouter:
    """The routes under ``/api/v1`` about the store as a whole."""
    router = late_router(prefix="/api/v1", tags=["store"])

    @router.post("/scans", summary="Compare the whole store with the catalog", **answers(StartedShape, status=202))
    async def scan(request: Request, body: ScanBody | None = None) -> dict[str, Any]:
        caller = await people.caller(request.scope)
        note(request, caller=caller)
        accept = body is not None and body.accept_missing
        return started_json(await service.scan(caller, accept_missing=accept))

    @router.get("/findings", summary="What is wrong in the store, newest first", **answers(FindingPage))
    async def findings(request: Request, query: Annotated[FindingsQuery, Query()]) -> JSONResponse:
        model = ref.parse(query.model) if query.model is not None else None
        wanted = FindingQuery(query.open, query.problem, model, query.job)
        caller = await people.caller(request.scope)
        count, found = await service.findings(wanted, caller, query.limit, query.offset)
        return page("findings", count, [finding_json(one) for one in found])

    @router.get("/checks", summary="What verifications and scans came to, newest first", **answers(CheckPage))
    async def checks(request: Request, query: Annotated[ChecksQuery, Query()]) -> JSONResponse:
        model = ref.parse(query.model) if query.model is not None else None
        caller = await people.caller(request.scope)
        wanted = CheckQuery(query.kind, model, query.job)
        count, found = await service.checks(wanted, caller, query.limit, query.offset)
        return page("checks", count, [check_json(one) for one in found])

    @router.get("/store", summary="How full the store is", **answers(StoreShape))
    async def store() -> dict[str, Any]:
        return store_json(await service.store(), await space.free_or_none())

    return router
