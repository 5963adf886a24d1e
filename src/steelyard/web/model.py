"""One model: what it is, what lies of it here, who asked for it, and what its owner can do."""

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from steelyard.core.errors import NotFound, SteelyardError
from steelyard.web.chrome import Chrome, Twin
from steelyard.web.forms import EditForm, PullForm, edit_form, read_fields
from steelyard.web.frame import Frame, model_path, redirect
from steelyard.web.notices import Notice, Place, failure, noticed, read_notice
from steelyard.web.query import TRASH
from steelyard.web.shelf import Deed, ModelSource, ModelState, Weight
from steelyard.web.view.files import files
from steelyard.web.view.insights import usage
from steelyard.web.view.jobs import coming_in
from steelyard.web.view.model import ModelView, form_of, frees, model
from steelyard.web.view.people import people
from steelyard.web.view.use import snippets


class ModelPage:
    """``/models/{reference}``, its stream, and its forms."""

    def __init__(self, source: ModelSource, frame: Frame) -> None:
        self._source = source
        self._frame = frame

    async def show(self, request: Request) -> Response:
        """``GET /models/{reference}``; for an unknown model a 404 with the form that asks for it."""
        reference = _reference(request)
        try:
            state = await self._source.model(reference, request)
        except NotFound as error:
            return self._unknown(request, reference, error)
        except SteelyardError as error:
            return self._frame.failed(request, error)
        return await self._page(request, state, read_notice(request.query_params))

    async def live(self, request: Request) -> Response:
        """``GET /live/models/{reference}``: the stream of the same page."""
        reference = _reference(request)

        async def read() -> dict[str, Markup]:
            return self._parts(request, await self._source.model(reference, request))

        return self._frame.stream(request, read)

    async def edit(self, request: Request) -> Response:
        """``POST /pages/models/edit/{reference}``: change name, description, tags, aliases and marks."""
        reference, form = _reference(request), None
        try:
            form = edit_form(await read_fields(request))
            name = await self._source.edit(reference, form, request)
        except SteelyardError as error:
            return await self._refused(request, reference, error, form)
        return redirect(request, noticed(model_path(name), "edit", name))

    async def act(self, request: Request) -> Response:
        """``POST /pages/models/{deed}/{reference}``: delete, restore, purge or verify."""
        reference = _reference(request)
        try:
            deed = _deed(request.path_params["deed"])
            fields = await read_fields(request)
            name = await self._source.act(reference, deed, fields.get("username", "").strip(), request)
        except SteelyardError as error:
            return await self._refused(request, reference, error)
        if deed is Deed.PURGE or fields.get("back") == "trash":
            return redirect(request, noticed("/", deed, name, status=TRASH))
        return redirect(request, noticed(model_path(name), deed, name))

    async def _refused(
        self, request: Request, reference: str, error: SteelyardError, form: EditForm | None = None
    ) -> Response:
        try:
            state = await self._source.model(reference, request)
        except SteelyardError:
            return self._frame.failed(request, error)
        return await self._page(request, state, failure(Place.MODEL, error), form, error)

    async def _page(
        self,
        request: Request,
        state: ModelState,
        notice: Notice | None,
        form: EditForm | None = None,
        error: SteelyardError | None = None,
    ) -> Response:
        shown = model(state, self._frame.now())
        return self._frame.page(
            request,
            "model.html",
            _chrome(shown.model),
            error,
            model=shown,
            frees=frees(await self._weight(shown, request)),
            parts=self._parts(request, state),
            snippets=snippets(state.model, self._frame.depot_address(request)),
            form=form or form_of(state.model),
            editing=form is not None,
            notice=notice,
        )

    async def _weight(self, shown: ModelView, request: Request) -> Weight | None:
        try:
            return await self._source.weight(shown.model, request)
        except SteelyardError:  # the page is worth showing without; whoever deletes is told what is in the way
            return None

    def _parts(self, request: Request, state: ModelState) -> dict[str, Markup]:
        now, render = self._frame.now(), self._frame.render
        shown, coming = model(state, now), coming_in(state.jobs, now)
        asked = people(state, now)
        used = None if state.usage is None else usage(state.usage)
        return {
            "model-state": render(request, "parts/model_state.html", model=shown),
            "coming-in": render(request, "parts/model_jobs.html", coming=coming),
            "facts": render(request, "parts/model_facts.html", model=shown),
            "files": render(request, "parts/model_files.html", model=shown, files=files(state.model)),
            "usage": render(request, "parts/model_usage.html", usage=used),
            "people": render(request, "parts/model_people.html", model=shown, people=asked),
        }

    def _unknown(self, request: Request, reference: str, error: NotFound) -> Response:
        form = PullForm(model=reference)
        return self._frame.page(
            request, "unknown.html", Chrome("Not on the shelf"), error, problem=error, reference=reference, form=form
        )


def _reference(request: Request) -> str:
    return str(request.path_params["reference"])


def _chrome(name: str) -> Chrome:
    path = model_path(name)
    twins = (Twin("This model as JSON", f"/api{path}"), Twin("Its files as JSON", f"/api{path}/files"),
             Twin("Its numbers as JSON", f"/api{path}/stats"))  # fmt: skip
    return Chrome(name, "library", f"/live{path}", twins, is_inside=True)


def _deed(text: str) -> Deed:
    try:
        return Deed(text)
    except ValueError:
        raise NotFound(
            f"Nothing called {text[:20]!r} can be done to a model.", hint="Use the buttons on its page."
        ) from None
