"""``/api/v1/tokens``."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field
from starlette.responses import JSONResponse

from steelyard.core.clock import Clock
from steelyard.http.late import late_router
from steelyard.http.paging import PageQuery, page
from steelyard.http.shapes import answers
from steelyard.identity.accounts.bodies import NewTokenBody
from steelyard.identity.accounts.names import MAX_LENGTH
from steelyard.identity.accounts.shapes import NewTokenShape, TokenPage
from steelyard.identity.accounts.tokens import TokenService, TokenWish
from steelyard.identity.accounts.views import token_json
from steelyard.identity.people import People

TokenId = Annotated[str, Path(max_length=40, description="the token's id, the part between the underscores")]


class TokenQuery(PageQuery):
    """Filters of the list."""

    user: str | None = Field(None, min_length=1, max_length=MAX_LENGTH, description="only this account's")
    revoked: bool = Field(False, description="also those that were revoked")


def create_router(tokens: TokenService, people: People, clock: Clock, usual_days: int) -> APIRouter:
    """The routes of tokens; a new one is good for ``usual_days`` unless it says otherwise."""
    router = late_router(tags=["accounts"])

    @router.get("/api/v1/tokens", summary="List tokens, newest first; administrators see all", **answers(TokenPage))
    async def list_tokens(request: Request, query: Annotated[TokenQuery, Query()]) -> JSONResponse:
        caller = await people.caller(request.scope)
        found = await tokens.list_page(caller, query.user, query.limit, query.offset, revoked=query.revoked)
        return page("tokens", found[0], [token_json(token, clock.now()) for token in found[1]])

    @router.post("/api/v1/tokens", summary="Make a token; its text is told once", **answers(NewTokenShape, status=201))
    async def create_token(request: Request, body: NewTokenBody) -> JSONResponse:
        caller = await people.caller(request.scope)
        token, text = await tokens.create(caller, _wish(body, usual_days))
        answer = token_json(token, clock.now()) | {"token": text}
        return JSONResponse(answer, 201, headers={"Cache-Control": "no-store"})

    @router.delete("/api/v1/tokens/{token_id}", status_code=204, summary="Revoke a token")
    async def revoke_token(request: Request, token_id: TokenId) -> Response:
        await tokens.revoke(await people.caller(request.scope), token_id)
        return Response(status_code=204)

    return router


def _wish(body: NewTokenBody, usual_days: int) -> TokenWish:
    return TokenWish(
        label=body.label,
        user=body.user,
        scopes=None if body.scopes is None else frozenset(body.scopes),
        days=body.expires_in_days if "expires_in_days" in body.model_fields_set else usual_days,
        cidrs=None if body.cidrs is None else tuple(body.cidrs),
    )
