"""``/api/v1/quotas``."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.responses import JSONResponse

from steelyard.downloads.quotas.models import EVERYBODY, Subject, SubjectKind
from steelyard.downloads.quotas.service import QuotaService
from steelyard.downloads.quotas.shapes import QuotaBody, QuotaPage, QuotaShape, StandingShape
from steelyard.downloads.quotas.views import quota_json, standing_json
from steelyard.http.late import late_router
from steelyard.http.paging import PageQuery, page
from steelyard.http.shapes import answers
from steelyard.identity.names import clean_name
from steelyard.identity.people import People

_QUOTAS = "/api/v1/quotas"
Kind = Annotated[Literal["user", "role"], Path(description="whom it is for")]
Name = Annotated[str, Path(max_length=200, description="the person's or the role's name")]


def create_router(quotas: QuotaService, people: People) -> APIRouter:
    """The routes of quotas."""
    router = late_router(tags=["quotas"])

    @router.get(_QUOTAS, summary="List quotas, by whom they are for", **answers(QuotaPage))
    async def list_quotas(query: Annotated[PageQuery, Query()]) -> JSONResponse:
        count, found = await quotas.list_page(query.limit, query.offset)
        return page("quotas", count, [quota_json(row) for row in found])

    @router.get(f"{_QUOTAS}/me", summary="Your own limits, and what you have used", **answers(StandingShape))
    async def my_quota(request: Request) -> dict[str, Any]:
        return standing_json(await quotas.mine(await people.caller(request.scope)))

    @router.get(f"{_QUOTAS}/users/{{name}}", summary="Somebody's limits and use", **answers(StandingShape))
    async def quota_of_user(name: Name) -> dict[str, Any]:
        return standing_json(await quotas.of_name(clean_name(name)))

    @router.put(f"{_QUOTAS}/everybody", summary="Set what everybody may", **answers(QuotaShape))
    async def set_for_everybody(request: Request, body: QuotaBody) -> dict[str, Any]:
        return quota_json(await quotas.set(await people.caller(request.scope), EVERYBODY, body.quota))

    @router.put(f"{_QUOTAS}/{{kind}}/{{name}}", summary="Set what a person or a role may", **answers(QuotaShape))
    async def set_quota(request: Request, kind: Kind, name: Name, body: QuotaBody) -> dict[str, Any]:
        return quota_json(await quotas.set(await people.caller(request.scope), _subject(kind, name), body.quota))

    @router.delete(f"{_QUOTAS}/everybody", status_code=204, summary="Let there be no quota for everybody")
    async def clear_for_everybody(request: Request) -> Response:
        await quotas.clear(await people.caller(request.scope), EVERYBODY)
        return Response(status_code=204)

    @router.delete(f"{_QUOTAS}/{{kind}}/{{name}}", status_code=204, summary="Let somebody have no quota of their own")
    async def clear_quota(request: Request, kind: Kind, name: Name) -> Response:
        await quotas.clear(await people.caller(request.scope), _subject(kind, name))
        return Response(status_code=204)

    return router


def _subject(kind: str, name: str) -> Subject:
    """Raises InvalidName."""
    return Subject(SubjectKind(kind), clean_name(name))
