"""The form that asks for a model."""

from starlette.requests import Request
from starlette.responses import Response

from steelyard.core.errors import SteelyardError
from steelyard.web.forms import PullForm, pull_form, read_fields
from steelyard.web.frame import Frame, redirect, wants_parts
from steelyard.web.library import LibraryPage
from steelyard.web.notices import Notice, Place, failure, notice, noticed, pull_code
from steelyard.web.shelf import DownloadsSource


class Pulling:
    """``POST /pages/pull``; without JavaScript the answer stands on the library."""

    def __init__(self, source: DownloadsSource, frame: Frame, library: LibraryPage) -> None:
        self._source = source
        self._frame = frame
        self._library = library

    async def pull(self, request: Request) -> Response:
        """Ask for a model."""
        form = PullForm()
        try:
            form = pull_form(await read_fields(request))
            answer = await self._source.pull(form, request)
        except SteelyardError as error:
            return await self._refused(request, form, error)
        code, model = pull_code(answer), str(answer["model"])
        if wants_parts(request):
            return self._parts(request, notice(code, model), PullForm(username=form.username))
        return redirect(request, noticed("/", code, model))

    async def _refused(self, request: Request, form: PullForm, error: SteelyardError) -> Response:
        said = failure(Place.PULL, error)
        if wants_parts(request):
            return self._parts(request, said, form, error)
        try:
            return await self._library.page(request, notice=said, form=form, error=error)
        except SteelyardError as broken:
            return self._frame.failed(request, broken)

    def _parts(self, request: Request, said: Notice, form: PullForm, error: SteelyardError | None = None) -> Response:
        # What is coming in is left to the stream: two writers of one region could leave the older state standing.
        values = {"form": form, "refused": error is not None, "autofocus": False}
        parts = {
            Place.PULL.value: self._frame.render(request, "parts/notice.html", notice=said),
            "pull-form": self._frame.render(request, "parts/pull_fields.html", **values),
        }
        return self._frame.parts(request, parts, error)
