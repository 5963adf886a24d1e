"""The depot's use over some time: charts, tops, who uses what, growth."""

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from steelyard.core.errors import SteelyardError
from steelyard.web.chrome import Chrome, Twin
from steelyard.web.frame import Frame
from steelyard.web.insights_query import DAYS, InsightsQuery, InsightsSource, read_insights_query
from steelyard.web.view.insights import cost, growth, matrix, usage

_PATH = "/insights"
_PACE = 30.0  # seconds between two looks when nothing is heard
_TWINS = (
    Twin("Numbers as JSON", "/api/v1/stats"), Twin("Models as JSON", "/api/v1/stats/models"),
    Twin("People as JSON", "/api/v1/stats/users"), Twin("Events as CSV", "/api/v1/events?format=csv"),
)  # fmt: skip


class InsightsPage:
    """``/insights`` and its stream."""

    def __init__(self, source: InsightsSource, frame: Frame) -> None:
        self._source = source
        self._frame = frame

    async def show(self, request: Request) -> Response:
        """``GET /insights``."""
        try:
            query = read_insights_query(request.query_params)
            parts = await self._parts(query, request)
        except SteelyardError as error:
            return self._frame.failed(request, error)
        chrome = Chrome("Insights", "insights", f"/live{_PATH}{query.address}", _TWINS)
        return self._frame.page(request, "insights.html", chrome, query=query, days=DAYS, parts=parts)

    async def live(self, request: Request) -> Response:
        """``GET /live/insights``: the stream of the same page. Raises InvalidPage."""
        query = read_insights_query(request.query_params)
        return self._frame.stream(request, lambda: self._parts(query, request), heartbeat=_PACE)

    async def _parts(self, query: InsightsQuery, request: Request) -> dict[str, Markup]:
        state, render = await self._source.insights(query, request), self._frame.render
        shown, bill = usage(state.system), cost(state.costs)
        figures = [*shown.figures, *([bill] if bill else [])]
        return {
            "figures": render(request, "parts/figures.html", figures=figures),
            "daily": render(request, "parts/daily.html", usage=shown),
            "pattern": render(request, "parts/pattern.html", usage=shown),
            "tops": render(request, "parts/tops.html", usage=shown),
            "matrix": render(request, "parts/matrix.html", matrix=matrix(state.matrix)),
            "growth": render(request, "parts/growth.html", growth=growth(state.growth)),
        }
