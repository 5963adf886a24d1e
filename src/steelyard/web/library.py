"""The library: the shelf, what is coming in, and the form that asks for more."""

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from steelyard.core.errors import SteelyardError
from steelyard.web.chrome import TWINS, Chrome, Twin
from steelyard.web.forms import PullForm
from steelyard.web.frame import Frame, wants_parts
from steelyard.web.notices import Notice, Place, read_notice
from steelyard.web.query import MAX_TEXT, LibraryQuery, query_string, read_query
from steelyard.web.shelf import Facets, LibrarySource, RunningSource
from steelyard.web.view.choices import choices
from steelyard.web.view.jobs import coming_in
from steelyard.web.view.library import library
from steelyard.web.view.overview import activity, tiles
from steelyard.web.view.running import in_memory, running

_ALL = LibraryQuery()


class LibraryPage:
    """``/`` and its stream."""

    def __init__(self, source: LibrarySource, frame: Frame, running: RunningSource) -> None:
        self._source = source
        self._frame = frame
        self._running = running

    async def show(self, request: Request) -> Response:
        """``GET /``: the page, or for htmx what a search changes on it.

        Programs that do not read HTML get the line that Ollama clients look for.
        """
        if "text/html" not in request.headers.get("accept", ""):
            return PlainTextResponse("Ollama is running", headers={"Vary": "Accept"})
        try:
            query = read_query(request.query_params)
            if wants_parts(request):
                return await self._found(request, query)
            form = PullForm(model=request.query_params.get("pull", "")[: 2 * MAX_TEXT])
            return await self.page(request, query, read_notice(request.query_params), form)
        except SteelyardError as error:
            return self._frame.failed(request, error)

    async def live(self, request: Request) -> Response:
        """``GET /live``: the stream of the same page. Raises InvalidPage."""
        query = read_query(request.query_params)

        async def read() -> dict[str, Markup]:
            return await self._parts(request, query, await self._source.facets(request))

        return self._frame.stream(request, read)

    async def page(
        self,
        request: Request,
        query: LibraryQuery = _ALL,
        notice: Notice | None = None,
        form: PullForm | None = None,
        error: SteelyardError | None = None,
    ) -> Response:
        """The page with a notice and with what stands in its form. Raises what the source raises."""
        facets = await self._source.facets(request)
        refused = error is not None and notice is not None and notice.place is Place.PULL
        return self._frame.page(
            request,
            "library.html",
            _chrome(query),
            error,
            parts=await self._parts(request, query, facets),
            query=query,
            choices=choices(query, facets),
            notice=notice,
            form=form or PullForm(),
            refused=refused,
            autofocus=refused,
        )

    async def _found(self, request: Request, query: LibraryQuery) -> Response:
        # The new stream first: it ends the old one, which would bring back the old search.
        stream = self._frame.render(request, "parts/stream.html", chrome=_chrome(query))
        found = await self._list(request, query, await self._source.facets(request))
        return self._frame.parts(request, {"stream": stream, "library": found})

    async def _parts(self, request: Request, query: LibraryQuery, facets: Facets) -> dict[str, Markup]:
        overview, jobs = await self._source.overview(request), await self._source.coming_in(request)
        now = self._frame.now()
        render = self._frame.render
        lines = activity(overview.recent_activity, now)
        loaded = running(await self._running.running(request), now)
        return {
            "tiles": render(request, "parts/tiles.html", tiles=tiles(overview)),
            "coming-in": render(request, "parts/coming_in.html", coming=coming_in(jobs, now), back="library"),
            "library": await self._list(request, query, facets),
            "running": render(request, "parts/running_now.html", running=loaded),
            "activity": render(request, "parts/activity.html", lines=lines),
        }

    async def _list(self, request: Request, query: LibraryQuery, facets: Facets) -> Markup:
        total, models = await self._source.models(query, request)
        loaded = in_memory(await self._running.running(request))
        shown = library(query, total, models, facets, self._frame.now(), loaded)
        return self._frame.render(request, "parts/library.html", library=shown)


def _chrome(query: LibraryQuery) -> Chrome:
    twins = (Twin("This list as JSON", f"/api/models{query_string(query.filters)}"), *TWINS[1:])
    return Chrome("Library", "library", f"/live{query.address}", twins, query)
