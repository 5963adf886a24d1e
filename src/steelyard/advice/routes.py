"""``/api/stats`` and ``/health``: the depot in a few numbers. Load balancers probe health with HEAD."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse

from steelyard.advice.health import Health
from steelyard.advice.overview import Overview, totals_json
from steelyard.advice.shapes import HealthShape, LiveShape, TotalsShape
from steelyard.http.shapes import answers


def create_router(overview: Overview, health: Health) -> APIRouter:
    """The routes of totals and health."""
    router = APIRouter()

    @router.get("/api/stats", tags=["statistics"], summary="Totals and the last ten actions", **answers(TotalsShape))
    @router.get("/api/v1/stats", tags=["statistics"], summary="Totals and the last ten actions", **answers(TotalsShape))
    async def stats() -> dict[str, Any]:
        return totals_json(await overview.totals())

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
        return JSONResponse(found, 503 if found["status"] == "error" else 200)

    return router
