"""The downloads: what is moving, and everything that was ever asked for."""

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from steelyard.core.errors import SteelyardError
from steelyard.web.chrome import Chrome, Twin
from steelyard.web.frame import Frame
from steelyard.web.history import HistoryQuery, read_history_query
from steelyard.web.notices import Notice, read_notice
from steelyard.web.shelf import DownloadsSource
from steelyard.web.view.choices import request_statuses
from steelyard.web.view.history import HISTORY, history
from steelyard.web.view.jobs import coming_in


class DownloadsPage:
    """``/downloads`` and its stream."""

    def __init__(self, source: DownloadsSource, frame: Frame) -> None:
        self._source = source
        self._frame = frame

    async def show(self, request: Request) -> Response:
        """``GET /downloads``."""
        try:
            query = read_history_query(_own(request))
            return await self._page(request, query, read_notice(request.query_params))
        except SteelyardError as error:
            return self._frame.failed(request, error)

    async def live(self, request: Request) -> Response:
        """``GET /live/downloads``: the stream of the same page. Raises InvalidPage."""
        query = read_history_query(request.query_params)
        return self._frame.stream(request, lambda: self._parts(request, query))

    async def _page(self, request: Request, query: HistoryQuery, notice: Notice | None) -> Response:
        return self._frame.page(
            request,
            "downloads.html",
            _chrome(query),
            parts=await self._parts(request, query),
            query=query,
            statuses=request_statuses(query.status),
            notice=notice,
        )

    async def _parts(self, request: Request, query: HistoryQuery) -> dict[str, Markup]:
        jobs, now = await self._source.work(request), self._frame.now()
        total, requests = await self._source.history(query, request)
        shown = history(query, total, requests, now)
        render = self._frame.render
        return {
            "coming-in": render(request, "parts/coming_in.html", coming=coming_in(jobs, now), back="downloads"),
            "history": render(request, "parts/history.html", history=shown),
        }


def _own(request: Request) -> dict[str, str]:
    """The query without the notice of a redirect, whose ``model`` is no filter."""
    return {} if "notice" in request.query_params else dict(request.query_params)


def _chrome(query: HistoryQuery) -> Chrome:
    twins = (Twin("These requests as JSON", f"{HISTORY}{query.api_address()}"), Twin("Jobs as JSON", "/jobs"))
    return Chrome("Downloads", "downloads", f"/live/downloads{query.address}", twins)
