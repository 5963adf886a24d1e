"""``/api/v1/stats/…`` and the statistics of people. Those of one model are the shelf's, those of the whole depot stand
with its totals."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request

from steelyard.core.errors import Forbidden, NotFound
from steelyard.http.shapes import answers
from steelyard.identity.people import People
from steelyard.identity.principal import Caller
from steelyard.usage.log import AccessHistory
from steelyard.usage.statistics.books import Books
from steelyard.usage.statistics.detail import ordered
from steelyard.usage.statistics.names import Looker
from steelyard.usage.statistics.queries import MatrixQuery, RangeQuery, TopQuery, looker_of, range_of
from steelyard.usage.statistics.service import Statistics
from steelyard.usage.statistics.shapes import (
    AddressStatsAnswer,
    CostShape,
    GrowthShape,
    MatrixShape,
    TopModels,
    TopUsers,
    UserStatsAnswer,
)
from steelyard.usage.statistics.views import answer_json, costs_json, growth_json, matrix_json, range_json, shares_json

_ME = "me"
UserName = Annotated[str, Path(max_length=600, description="a person; `me` is whoever asks")]
AddressName = Annotated[str, Path(max_length=600, description="an address, as requests come from it")]
ViewerOf = Callable[[Caller], str | None]


class OthersNumbers(Forbidden):
    """Numbers of other people are for administrators."""

    slug = "others-numbers"
    title = "These numbers are not yours"


def create_router(
    statistics: Statistics, books: Books, history: AccessHistory, people: People, viewer_of: ViewerOf
) -> APIRouter:
    """The routes. ``viewer_of`` tells whose private models somebody sees."""
    router = APIRouter(tags=["statistics"])

    async def looker(request: Request) -> Looker:
        caller = await people.caller(request.scope)
        return await looker_of(caller, history, viewer_of(caller))

    @router.get("/api/v1/users/{name}/stats", summary="What one person did", **answers(UserStatsAnswer))
    async def of_user(request: Request, name: UserName, query: Annotated[RangeQuery, Query()]) -> dict[str, Any]:
        wanted, caller = range_of(statistics, query), await people.caller(request.scope)
        who = await looker(request)
        if name in {_ME, caller.name}:
            name = caller.name
            found = await history.own(caller) if not caller.is_admin else await history.principals(name)
        elif who.is_admin:
            found = await history.principals(name)
        else:
            raise OthersNumbers("Numbers of other people are for administrators.", hint="Ask for users/me/stats.")
        if not found and name != caller.name:
            raise NotFound(f"Nobody here is called {name[:60]!r}.", hint="Names are in GET /api/v1/stats/users.")
        return answer_json(await statistics.of_people(found, wanted, who), username=name)

    @router.get("/api/v1/stats/ip/{ip}", summary="What was asked from one address", **answers(AddressStatsAnswer))
    async def of_address(request: Request, ip: AddressName, query: Annotated[RangeQuery, Query()]) -> dict[str, Any]:
        wanted = range_of(statistics, query)
        detail = await statistics.of_address(await people.recorded(ip), wanted, await looker(request))
        return answer_json(detail, ip_address=ip)

    @router.get("/api/v1/stats/models", summary="The models that are used most", **answers(TopModels))
    async def models(request: Request, query: Annotated[TopQuery, Query()]) -> dict[str, Any]:
        wanted = range_of(statistics, query)
        found = ordered(await statistics.models(wanted, await looker(request)), query.sort)
        shown = found[query.offset : query.offset + query.limit]
        return {**range_json(wanted), "count": len(found), "models": shares_json(shown, "model")}

    @router.get("/api/v1/stats/users", summary="The people who use most; administrators see all", **answers(TopUsers))
    async def users(request: Request, query: Annotated[TopQuery, Query()]) -> dict[str, Any]:
        wanted = range_of(statistics, query)
        found = ordered(await statistics.people(wanted, await looker(request)), query.sort)
        shown = found[query.offset : query.offset + query.limit]
        return {**range_json(wanted), "count": len(found), "users": shares_json(shown, "username")}

    @router.get("/api/v1/stats/matrix", summary="Who uses what", **answers(MatrixShape))
    async def matrix(request: Request, query: Annotated[MatrixQuery, Query()]) -> dict[str, Any]:
        wanted = range_of(statistics, query)
        return matrix_json(await statistics.matrix(wanted, await looker(request), query.limit))

    @router.get("/api/v1/stats/growth", summary="How the store grew", **answers(GrowthShape))
    async def growth(query: Annotated[RangeQuery, Query()]) -> dict[str, Any]:
        wanted = range_of(statistics, query)
        return growth_json(wanted, *await books.growth(wanted))

    @router.get("/api/v1/stats/costs", summary="What uses and storage cost", **answers(CostShape))
    async def costs(request: Request, query: Annotated[RangeQuery, Query()]) -> dict[str, Any]:
        return costs_json(await books.costs(range_of(statistics, query), await looker(request)))

    return router
