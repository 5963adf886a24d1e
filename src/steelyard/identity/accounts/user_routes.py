"""``/api/v1/users`` and ``/api/v1/principals``."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from steelyard.http.late import late_router
from steelyard.http.paging import PageQuery, page
from steelyard.http.shapes import answers
from steelyard.identity.accounts.bodies import Linkable, LinkBody, NewUser, Subject, UserChange
from steelyard.identity.accounts.links import LinkService
from steelyard.identity.accounts.names import MAX_LENGTH
from steelyard.identity.accounts.shapes import PrincipalPage, UserPage, UserShape
from steelyard.identity.accounts.users import UserService
from steelyard.identity.accounts.views import seen_json, user_json
from steelyard.identity.people import People
from steelyard.identity.principal import PrincipalKind

UserName = Annotated[str, Path(max_length=MAX_LENGTH, description="the account's name")]
_USERS = "/api/v1/users"


class PrincipalQuery(PageQuery):
    """Filters of the list."""

    kind: PrincipalKind | None = Field(
        None, description="only those known in this way; unless given, all but `account`"
    )
    linked: bool | None = Field(None, description="only those who belong to an account, or only those who do not")


class LinkQuery(BaseModel):
    """Which principal."""

    model_config = ConfigDict(extra="forbid")

    kind: Linkable = Field(description="who vouches for them")
    subject: Subject = Field(description="as `GET /api/v1/principals` shows it")


def create_router(users: UserService, links: LinkService, people: People) -> APIRouter:
    """The routes of accounts and of who belongs to them."""
    router = late_router(tags=["accounts"])

    @router.get(_USERS, summary="List accounts, by name", **answers(UserPage))
    async def list_users(request: Request, query: Annotated[PageQuery, Query()]) -> JSONResponse:
        caller = await people.caller(request.scope)
        count, found = await users.list_page(caller, query.limit, query.offset)
        return page("users", count, [user_json(card) for card in found])

    @router.post(_USERS, summary="Make an account", **answers(UserShape, status=201))
    async def create_user(request: Request, body: NewUser) -> dict[str, Any]:
        password = None if body.password is None else body.password.get_secret_value()
        return user_json(await users.create(await people.caller(request.scope), body.username, body.role, password))

    @router.get(f"{_USERS}/{{name}}", summary="One account", **answers(UserShape))
    async def get_user(request: Request, name: UserName) -> dict[str, Any]:
        return user_json(await users.get(await people.caller(request.scope), name))

    @router.patch(f"{_USERS}/{{name}}", summary="Change an account; only what is given changes", **answers(UserShape))
    async def change_user(request: Request, name: UserName, body: UserChange) -> dict[str, Any]:
        given = body.model_fields_set
        role, disabled = (body.role if "role" in given else None), (body.disabled if "disabled" in given else None)
        return user_json(await users.change(await people.caller(request.scope), name, role, disabled))

    @router.delete(f"{_USERS}/{{name}}", status_code=204, summary="Delete an account with its sessions and tokens")
    async def delete_user(request: Request, name: UserName) -> Response:
        await users.delete(await people.caller(request.scope), name)
        return Response(status_code=204)

    @router.post(f"{_USERS}/{{name}}/principals", summary="Let a principal belong to an account", **answers(UserShape))
    async def link(request: Request, name: UserName, body: LinkBody) -> dict[str, Any]:
        caller = await people.caller(request.scope)
        return user_json(await links.link(caller, name, (PrincipalKind(body.kind), body.subject)))

    @router.delete(f"{_USERS}/{{name}}/principals", summary="Let a principal belong to nobody", **answers(UserShape))
    async def unlink(request: Request, name: UserName, query: Annotated[LinkQuery, Query()]) -> dict[str, Any]:
        caller = await people.caller(request.scope)
        return user_json(await links.unlink(caller, name, (PrincipalKind(query.kind), query.subject)))

    @router.get("/api/v1/principals", summary="List everybody who was seen, newest first", **answers(PrincipalPage))
    async def list_principals(request: Request, query: Annotated[PrincipalQuery, Query()]) -> JSONResponse:
        caller = await people.caller(request.scope)
        count, found = await links.seen(caller, query.kind, query.linked, query.limit, query.offset)
        return page("principals", count, [seen_json(seen) for seen in found])

    return router
