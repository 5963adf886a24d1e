"""Running models: what is in memory, who waits, which engines work here; and the button that lets a model go."""

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from steelyard.core.errors import SteelyardError
from steelyard.web.chrome import Chrome, Twin
from steelyard.web.forms import read_fields
from steelyard.web.frame import Frame, redirect, wants_parts
from steelyard.web.notices import Notice, Place, failure, notice, noticed, read_notice
from steelyard.web.shelf import RunningSource
from steelyard.web.view.running import running

_PATH = "/running"
_PACE = 2.0  # seconds between two looks: who waits and who is answered comes without a signal, and costs no query
_TWINS = (Twin("Models in memory as JSON", "/api/v1/engines/loaded"), Twin("Engines as JSON", "/api/v1/engines"))
_CHROME = Chrome("Running models", "running", f"/live{_PATH}", _TWINS)


class RunningPage:
    """``/running``, its stream, and its form."""

    def __init__(self, source: RunningSource, frame: Frame) -> None:
        self._source = source
        self._frame = frame

    async def show(self, request: Request) -> Response:
        """``GET /running``."""
        try:
            return await self._page(request, read_notice(request.query_params))
        except SteelyardError as error:
            return self._frame.failed(request, error)

    async def live(self, request: Request) -> Response:
        """``GET /live/running``: the stream of the same page."""
        return self._frame.stream(request, lambda: self._parts(request), heartbeat=_PACE)

    async def unload(self, request: Request) -> Response:
        """``POST /pages/running/unload``: let a model leave memory."""
        try:
            model = (await read_fields(request)).get("model", "").strip()
            code = "unload" if await self._source.unload(model, request) else "not-loaded"
        except SteelyardError as error:
            return await self._refused(request, error)
        if wants_parts(request):
            return self._told(request, notice(code, model))
        return redirect(request, noticed(_PATH, code, model))

    async def _refused(self, request: Request, error: SteelyardError) -> Response:
        said = failure(Place.RUNNING, error)
        if wants_parts(request):
            return self._told(request, said, error)
        try:
            return await self._page(request, said, error)
        except SteelyardError as broken:
            return self._frame.failed(request, broken)

    def _told(self, request: Request, said: Notice, error: SteelyardError | None = None) -> Response:
        html = self._frame.render(request, "parts/notice.html", notice=said)
        return self._frame.parts(request, {Place.RUNNING.value: html}, error)

    async def _page(self, request: Request, said: Notice | None, error: SteelyardError | None = None) -> Response:
        parts = await self._parts(request)
        return self._frame.page(request, "running.html", _CHROME, error, parts=parts, notice=said)

    async def _parts(self, request: Request) -> dict[str, Markup]:
        shown, render = running(await self._source.running(request), self._frame.now()), self._frame.render
        address = self._frame.depot_address(request)
        return {
            "loaded": render(request, "parts/loaded.html", running=shown, address=address),
            "engines": render(request, "parts/engines.html", running=shown),
        }
