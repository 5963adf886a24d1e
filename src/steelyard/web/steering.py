"""The buttons of a job: pause, go on, cancel, try again."""

from starlette.requests import Request
from starlette.responses import Response

from steelyard.core.errors import NotFound, SteelyardError
from steelyard.web.forms import read_fields
from steelyard.web.frame import Frame, model_path, redirect, wants_parts
from steelyard.web.notices import Notice, Place, failure, notice, noticed
from steelyard.web.shelf import Action, DownloadsSource, Json


class Steering:
    """``POST /pages/jobs/{id}/{action}``; without JavaScript it leads back to the page that ``back`` names."""

    def __init__(self, source: DownloadsSource, frame: Frame) -> None:
        self._source = source
        self._frame = frame

    async def control(self, request: Request) -> Response:
        """Act on a job."""
        try:
            action = _action(request.path_params["action"])
            fields = await read_fields(request)
            job = await self._source.control(request.path_params["id"], action, request)
        except SteelyardError as error:
            if wants_parts(request):
                return self._parts(request, failure(Place.JOBS, error), error)
            return self._frame.failed(request, error)
        if wants_parts(request):
            return self._parts(request, notice(action, _subject(job)))
        return redirect(request, noticed(_back(fields.get("back"), job), action, _subject(job)))

    def _parts(self, request: Request, said: Notice, error: SteelyardError | None = None) -> Response:
        html = self._frame.render(request, "parts/notice.html", notice=said)
        return self._frame.parts(request, {Place.JOBS.value: html}, error)


def _subject(job: Json) -> str:
    return str(job["model"] or job["kind"])


def _back(page: str | None, job: Json) -> str:
    if page == "model" and job["model"]:
        return model_path(job["model"])
    return "/downloads" if page == "downloads" else "/"


def _action(text: str) -> Action:
    try:
        return Action(text)
    except ValueError:
        raise NotFound(
            f"Nothing called {text[:20]!r} can be done to a job.", hint="Use the buttons on the page."
        ) from None
