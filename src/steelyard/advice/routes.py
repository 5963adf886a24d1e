"""``/api/stats`` and ``/health``: the depot in a few numbers. Load balancers probe health with HEAD."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from steelyard.advice.health import Health
from steelyard.advice.overview import Overview, totals_json
from steelyard.advice.shapes import HealthShape, LiveShape, TotalsShape
from steelyard.catalog import rights
from steelyard.http.shapes import answers
from steelyard.identity.people import People


def create_router(overview: Overview, health: Health, people: People) -> APIRouter:
    """The routes of totals and health."""
    router = APIRouter()

    @router.get("/api/stats", tags=["statistics"], summary="Totals and the last ten actions", **answers(TotalsShape))
    @router.get("/api/v1/stats", tags=["statistics"], summary="Totals and the last ten actions", **answers(TotalsShape))
    async def stats(request: Request) -> dict[str, Any]:
        # In open mode nobody has to be known for this: whoever only looks at the numbers is not one of them.
        viewer = None if people.is_open else rights.viewer(await people.caller(request.scope))
        return totals_json(await overview.totals(viewer))

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
