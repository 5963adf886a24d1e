"""``/api/v1/keys``."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field
from starlette.responses import JSONResponse

from steelyard.http.late import late_router
from steelyard.http.paging import PageQuery, page
from steelyard.http.shapes import answers
from steelyard.identity.accounts.bodies import NewKeyBody
from steelyard.identity.accounts.names import MAX_LENGTH
from steelyard.identity.accounts.public_keys import PublicKeyService
from steelyard.identity.accounts.shapes import PublicKeyPage, PublicKeyShape
from steelyard.identity.accounts.views import public_key_json
from steelyard.identity.people import People

KeyId = Annotated[str, Path(max_length=40, description="the key's id, as the list shows it")]


class KeyQuery(PageQuery):
    """Filters of the list."""

    user: str | None = Field(None, min_length=1, max_length=MAX_LENGTH, description="only this account's")


def create_router(keys: PublicKeyService, people: People) -> APIRouter:
    """The routes of public keys."""
    router = late_router(tags=["accounts"])

    @router.get(
        "/api/v1/keys", summary="List public keys, newest first; administrators see all", **answers(PublicKeyPage)
    )
    async def list_keys(request: Request, query: Annotated[KeyQuery, Query()]) -> JSONResponse:
        caller = await people.caller(request.scope)
        found = await keys.list_page(caller, query.user, query.limit, query.offset)
        return page("keys", found[0], [public_key_json(key) for key in found[1]])

    @router.post(
        "/api/v1/keys",
        summary="Register a public key: what it signs counts as its owner's",
        **answers(PublicKeyShape, status=201),
    )
    async def add_key(request: Request, body: NewKeyBody) -> JSONResponse:
        caller = await people.caller(request.scope)
        scopes = None if body.scopes is None else frozenset(body.scopes)
        return JSONResponse(
            public_key_json(await keys.add(caller, body.public_key, body.label, body.user, scopes)), 201
        )

    @router.delete("/api/v1/keys/{key_id}", status_code=204, summary="Remove a public key")
    async def remove_key(request: Request, key_id: KeyId) -> Response:
        await keys.remove(await people.caller(request.scope), key_id)
        return Response(status_code=204)

    return router
