"""``/api/v1/imports``: see what an import would do, start it, look how it went. Its job is steered under ``/jobs``."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from steelyard.downloads.imports.models import Asked, ImportKind
from steelyard.downloads.imports.service import ImportService
from steelyard.downloads.imports.shapes import AcceptedShape, ImportPage, ImportReportShape, PlanShape
from steelyard.downloads.imports.views import accepted_json, import_json, plan_json, report_json
from steelyard.http.late import late_router
from steelyard.http.paging import PageQuery, page
from steelyard.http.shapes import answers
from steelyard.identity.people import People
from steelyard.usage.note import note

IMPORT = "model_import"
FolderPath = Annotated[str, StringConstraints(min_length=1, max_length=4096, pattern=r"^[^\x00-\x1f]+$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=600)]
JobId = Annotated[str, Path(max_length=100, description="the job's id")]


class ImportBody(BaseModel):
    """What to import."""

    model_config = ConfigDict(extra="forbid", strict=True)

    path: FolderPath = Field(description="folder on the depot's machine, from the root on", examples=["/data/hf"])
    kind: Literal["auto", "huggingface", "folder", "mount"] = Field("auto", description="how to read the folder")
    name: Name | None = Field(None, description="what to call a plain folder", examples=["team/model"])
    dry_run: bool = Field(False, description="only say what would happen")
    copied: bool = Field(False, alias="copy", description="copy everything; else what can be linked is linked")
    username: Name | None = Field(None, description="who asks, where nothing surer tells")

    @property
    def asked(self) -> Asked:
        """As the service wants it."""
        return Asked(self.path, ImportKind(self.kind), self.name, self.copied)


def create_router(service: ImportService, people: People) -> APIRouter:
    """All routes of imports."""
    router = late_router(prefix="/api/v1/imports", tags=["imports"])

    @router.post(
        "",
        summary="Import models that are on a disk already",
        **answers(AcceptedShape, "a job was started", status=202, also={200: PlanShape}),
    )
    async def start(request: Request, body: ImportBody) -> JSONResponse:
        caller = await people.caller(request.scope, body.username)
        note(request, type=IMPORT, caller=caller)
        if body.dry_run:
            return JSONResponse(plan_json(body.asked, await service.rehearse(body.asked)))
        job = await service.ask(body.asked, caller)
        return JSONResponse(accepted_json(body.asked, job), 202)

    @router.get("", summary="List imports, newest first", **answers(ImportPage))
    async def list_imports(query: Annotated[PageQuery, Query()]) -> JSONResponse:
        count, found = await service.list_page(query.limit, query.offset)
        return page("imports", count, [import_json(job) for job in found])

    @router.get("/{job_id}", summary="One import with what became of each model", **answers(ImportReportShape))
    async def get_import(job_id: JobId) -> dict[str, Any]:
        return report_json(await service.get(job_id))

    return router
