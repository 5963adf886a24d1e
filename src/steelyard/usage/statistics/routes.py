"""``/api/v1/stats/…`` and the statistics of people. Those of one model are the shelf's, those of the whole depot stand
with its totals."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import JSONResponse

from steelyard.core.errors import Forbidden, Invalid, NotFound
from steelyard.http.late import late_router
from steelyard.http.plain import WrittenJson
from steelyard.http.shapes import answers
from steelyard.identity.people import People
from steelyard.identity.principal import Caller
from steelyard.identity.privacy import is_recordable
from steelyard.usage.log import AccessHistory
from steelyard.usage.statistics.answers import Answers
from steelyard.usage.statistics.books import Books
from steelyard.usage.statistics.detail import Share, ordered
from steelyard.usage.statistics.findings import Detail
from steelyard.usage.statistics.names import Looker
from steelyard.usage.statistics.queries import MatrixQuery, RangeQuery, TopQuery, asker_of, looker_of, range_of
from steelyard.usage.statistics.ranges import Range
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
T = TypeVar("T")


class NotAnAddress(Invalid):
    """No request can have come from there."""

    slug = "not-an-address"
    title = "That is not an address"


class OthersNumbers(Forbidden):
    """Numbers of other people are for administrators."""

    slug = "others-numbers"
    title = "These numbers are not yours"


@dataclass(frozen=True, slots=True)
class _Desk:
    """What all routes need. ``viewer_of`` tells whose private models somebody sees; ``kept`` remembers answers."""

    statistics: Statistics
    books: Books
    history: AccessHistory
    people: People
    viewer_of: ViewerOf
    kept: Answers

    async def asked(self, request: Request, query: RangeQuery | TopQuery) -> tuple[Range, Caller]:
        """Which range is meant, and who asks. Raises Invalid."""
        return range_of(self.statistics, query), await self.people.caller(request.scope)

    async def answer(
        self, key: tuple[object, ...], wanted: Range, caller: Caller, read: Callable[[Looker], Awaitable[T]],
        show: Callable[[T], dict[str, Any]],
    ) -> JSONResponse:  # fmt: skip
        """What ``show`` makes of what ``read`` finds for this caller, or what was made of it before."""
        viewer = self.viewer_of(caller)

        async def look() -> T:
            return await read(await looker_of(caller, self.history, viewer))

        full = (*key, asker_of(caller, viewer))
        return WrittenJson((await self.kept.of(full, look, lambda found: [show(found)], wanted))[0])


def create_router(
    statistics: Statistics, books: Books, history: AccessHistory, people: People, viewer_of: ViewerOf, kept: Answers
) -> APIRouter:
    """The routes. ``viewer_of`` tells whose private models somebody sees; ``kept`` remembers what was answered."""
    router, desk = late_router(tags=["statistics"]), _Desk(statistics, books, history, people, viewer_of, kept)
    _add_subjects(router, desk)
    _add_tops(router, desk)
    _add_books(router, desk)
    return router


def _add_subjects(router: APIRouter, desk: _Desk) -> None:
    """Of one person, and of one address."""
    statistics, history = desk.statistics, desk.history

    @router.get("/api/v1/users/{name}/stats", summary="What one person did", **answers(UserStatsAnswer))
    async def of_user(request: Request, name: UserName, query: Annotated[RangeQuery, Query()]) -> JSONResponse:
        wanted, caller = await desk.asked(request, query)
        is_own = name in {_ME, caller.name}
        called = caller.name if is_own else name

        async def read(who: Looker) -> Detail:
            if not is_own and not who.is_admin:
                raise OthersNumbers("Numbers of other people are for administrators.", hint="Ask for users/me/stats.")
            found = await history.principals(called) if who.is_admin else who.own
            if not found and not is_own:
                raise NotFound(f"Nobody here is called {name[:60]!r}.", hint="Names are in GET /api/v1/stats/users.")
            return await statistics.of_people(found, wanted, who)

        show = partial(answer_json, username=called)
        return await desk.answer(("person", called, is_own), wanted, caller, read, show)

    @router.get("/api/v1/stats/ip/{ip}", summary="What was asked from one address", **answers(AddressStatsAnswer))
    async def of_address(request: Request, ip: AddressName, query: Annotated[RangeQuery, Query()]) -> JSONResponse:
        wanted, caller = await desk.asked(request, query)
        if not is_recordable(ip):
            raise NotAnAddress(f"{ip[:60]!r} is no address.", hint="Ask for one such as 100.64.0.5 or fd7a::5.")
        address = await desk.people.recorded(ip)
        show = partial(answer_json, ip_address=ip)
        return await desk.answer(
            ("address", ip, address), wanted, caller, lambda who: statistics.of_address(address, wanted, who), show
        )


def _add_tops(router: APIRouter, desk: _Desk) -> None:
    """Of all models, all people, and both."""
    statistics = desk.statistics

    @router.get("/api/v1/stats/models", summary="The models that are used most", **answers(TopModels))
    async def models(request: Request, query: Annotated[TopQuery, Query()]) -> JSONResponse:
        wanted, caller = await desk.asked(request, query)
        show = partial(_top, wanted=wanted, query=query, plural="models", singular="model")
        key = ("models", query.sort, query.limit, query.offset)
        return await desk.answer(key, wanted, caller, lambda who: statistics.models(wanted, who), show)

    @router.get("/api/v1/stats/users", summary="The people who use most; administrators see all", **answers(TopUsers))
    async def users(request: Request, query: Annotated[TopQuery, Query()]) -> JSONResponse:
        wanted, caller = await desk.asked(request, query)
        show = partial(_top, wanted=wanted, query=query, plural="users", singular="username")
        key = ("people", query.sort, query.limit, query.offset)
        return await desk.answer(key, wanted, caller, lambda who: statistics.people(wanted, who), show)

    @router.get("/api/v1/stats/matrix", summary="Who uses what", **answers(MatrixShape))
    async def matrix(request: Request, query: Annotated[MatrixQuery, Query()]) -> JSONResponse:
        wanted, caller = await desk.asked(request, query)
        return await desk.answer(
            ("matrix", query.limit),
            wanted,
            caller,
            lambda who: statistics.matrix(wanted, who, query.limit),
            matrix_json,
        )


def _add_books(router: APIRouter, desk: _Desk) -> None:
    """How the store grew, and what it cost."""
    books, kept = desk.books, desk.kept

    @router.get("/api/v1/stats/growth", summary="How the store grew", **answers(GrowthShape))
    async def growth(query: Annotated[RangeQuery, Query()]) -> JSONResponse:
        wanted = range_of(desk.statistics, query)
        found = await kept.of(
            ("growth", wanted), lambda: books.growth(wanted), lambda found: [growth_json(wanted, *found)]
        )
        return WrittenJson(found[0])

    @router.get("/api/v1/stats/costs", summary="What uses and storage cost", **answers(CostShape))
    async def costs(request: Request, query: Annotated[RangeQuery, Query()]) -> JSONResponse:
        wanted, caller = await desk.asked(request, query)
        return await desk.answer(("costs",), wanted, caller, lambda who: books.costs(wanted, who), costs_json)


def _top(shares: dict[str, Share], wanted: Range, query: TopQuery, plural: str, singular: str) -> dict[str, Any]:
    """One page of those who have most."""
    found = ordered(shares, query.sort)
    shown = found[query.offset : query.offset + query.limit]
    return {**range_json(wanted), "count": len(found), plural: shares_json(shown, singular)}
