"""``/api/stats`` and ``/health``: the depot in a few numbers. Load balancers probe health with HEAD."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse

from steelyard.advice.health import Health
from steelyard.advice.overview import TOTALS, Overview, totals_json
from steelyard.advice.shapes import HealthShape, LiveShape, TotalsShape
from steelyard.catalog import rights
from steelyard.http.late import late_router
from steelyard.http.plain import WrittenJson, to_bytes
from steelyard.http.shapes import answers
from steelyard.identity.people import People
from steelyard.usage.log import AccessHistory
from steelyard.usage.statistics.answers import Answers, joined
from steelyard.usage.statistics.findings import Detail
from steelyard.usage.statistics.names import Looker
from steelyard.usage.statistics.queries import RangeQuery, asker_of, looker_of, range_of
from steelyard.usage.statistics.views import answer_json

_TOTALS = "Totals, the last ten actions, and the numbers of a range"


def create_router(
    overview: Overview, health: Health, people: People, history: AccessHistory, kept: Answers
) -> APIRouter:
    """The routes of totals and health; ``kept`` remembers what was answered of a range."""
    router = late_router()

    @router.get("/api/stats", tags=["statistics"], summary=_TOTALS, **answers(TotalsShape))
    @router.get("/api/v1/stats", tags=["statistics"], summary=_TOTALS, **answers(TotalsShape))
    async def stats(request: Request, query: Annotated[RangeQuery, Query()]) -> JSONResponse:
        wanted = range_of(overview.statistics, query)
        # In open mode whoever only looks at the numbers is not one of them.
        caller = None if people.is_open else await people.caller(request.scope)
        viewer = None if caller is None else rights.viewer(caller)

        async def read() -> Detail:
            looker = Looker() if caller is None else await looker_of(caller, history, viewer)
            return await overview.statistics.of_depot(wanted, looker)

        asker = None if caller is None else asker_of(caller, viewer)
        detail = await kept.of(("depot", asker), read, _of_range, wanted)
        totals = totals_json(await overview.totals(viewer))  # true at every request: each is one more
        return WrittenJson(joined(*detail, to_bytes(totals)))

    @router.head("/health", response_model=None, include_in_schema=False)
    @router.get("/health", tags=["health"], summary="How everything is", **answers(HealthShape))
    async def report() -> dict[str, Any]:
        return await health.report()

    @router.head("/health/live", response_model=None, include_in_schema=False)
    @router.get("/health/live", tags=["health"], summary="Whether the process answers", **answers(LiveShape))
    async def live() -> dict[str, str]:
        return {"status": "ok"}

    @router.head("/health/ready", response_model=None, include_in_schema=False)
    @router.get(
        "/health/ready",
        tags=["health"],
        summary="Whether it can serve; 503 when not",
        **answers(HealthShape, also={503: HealthShape}),
    )
    async def ready() -> JSONResponse:
        found = await health.report()
        # Load balancers cannot sign in: where others must, strangers learn nothing more than they need.
        shown = found if people.is_open else {"status": found["status"]}
        return JSONResponse(shown, 503 if found["status"] == "error" else 200)

    return router


def _of_range(detail: Detail) -> list[dict[str, Any]]:
    """What is told of a range, but for what is told of all time under the same name."""
    return [{name: value for name, value in answer_json(detail).items() if name not in TOTALS}]
