"""The handlers of the one page: read, stream, and the forms on it. Every form works without JavaScript."""

from dataclasses import dataclass
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from steelyard.core.clock import Clock
from steelyard.core.errors import NotFound, SteelyardError
from steelyard.core.signals import Signals
from steelyard.http import sse
from steelyard.web import live
from steelyard.web.forms import PullForm, read_pull_form
from steelyard.web.fragments import read_state, render_partials, render_parts
from steelyard.web.headers import guard, page
from steelyard.web.notices import Notice, Place, failure, notice, pull_code, read_notice
from steelyard.web.query import ListQuery, read_query
from steelyard.web.shelf import Action, PageSource
from steelyard.web.templates import Templates

_BLANK = PullForm()


@dataclass(frozen=True, slots=True)
class Reply:
    """What a form was answered with: a notice, the status, and the fields to show again."""

    notice: Notice
    code: str = ""
    model: str = ""
    form: PullForm = _BLANK
    error: SteelyardError | None = None


class Pages:
    """The page over a source; ``pause`` and ``heartbeat`` of its stream are in seconds."""

    def __init__(
        self,
        source: PageSource,
        signals: Signals,
        templates: Templates,
        clock: Clock,
        *,
        pause: float = live.PAUSE,
        heartbeat: float = live.HEARTBEAT,
    ) -> None:
        self._source = source
        self._signals = signals
        self._templates = templates
        self._clock = clock
        self._pause = pause
        self._heartbeat = heartbeat

    async def library(self, request: Request) -> Response:
        """``GET /?q=&offset=``: the page, or for htmx what a search changes on it.

        Programs that do not read HTML get the line that Ollama clients look for.
        """
        if "text/html" not in request.headers.get("accept", ""):
            return PlainTextResponse("Ollama is running", headers={"Vary": "Accept"})
        try:
            query = read_query(request.query_params)
            if _wants_parts(request):
                return await self._found(request, query)
            return await self._page(request, query, read_notice(request.query_params))
        except SteelyardError as error:
            return self._error_page(request, error)

    async def live(self, request: Request) -> Response:
        """``GET /live?q=&offset=``: the stream of the same page. Raises InvalidPage."""
        query, base = read_query(request.query_params), _base(request)

        async def read() -> dict[str, Markup]:
            return await self._parts(base, query)

        messages = live.stream(
            live.changes(self._signals, pause=self._pause, heartbeat=self._heartbeat),
            read,
            lambda parts: render_partials(self._templates, base, parts),
            lambda error: self._templates.render("parts/trouble.html", base, error=error),
        )
        return guard(sse.response(messages))

    async def pull(self, request: Request) -> Response:
        """``POST /pages/pull``: ask for a model."""
        form = _BLANK
        try:
            form = await read_pull_form(request)
            answer = await self._source.pull(form.model, form.revision or None, form.username or None, request)
        except SteelyardError as error:
            return await self._answer(request, Reply(failure(Place.PULL, error), form=form, error=error))
        code, model = pull_code(answer), answer["model"]
        return await self._answer(request, Reply(notice(code, model), code, model, PullForm(username=form.username)))

    async def control(self, request: Request) -> Response:
        """``POST /pages/jobs/{id}/{action}``: act on a job."""
        try:
            action = _action(request.path_params["action"])
            job = await self._source.control(request.path_params["id"], action, request)
        except SteelyardError as error:
            return await self._answer(request, Reply(failure(Place.JOBS, error), error=error))
        return await self._answer(request, Reply(notice(action, job["model"]), action, job["model"]))

    async def _found(self, request: Request, query: ListQuery) -> Response:
        # The new stream first: it ends the old one, which would bring back the old search.
        base = _base(request)
        stream = self._templates.render("parts/stream.html", base, query=query)
        library = (await self._parts(base, query))["library"]
        return page(render_partials(self._templates, base, {"stream": stream, "library": library}))

    async def _answer(self, request: Request, reply: Reply) -> Response:
        if _wants_parts(request):
            return self._partial_answer(request, reply)
        if reply.error is None:
            where = urlencode({"notice": reply.code, "model": reply.model})
            return RedirectResponse(f"{_base(request)}/?{where}#{reply.notice.place}", status_code=303)
        try:
            return await self._page(request, ListQuery(), reply.notice, reply.form, reply.error)
        except SteelyardError as error:
            return self._error_page(request, error)

    def _partial_answer(self, request: Request, reply: Reply) -> Response:
        # What is coming in is left to the stream: two writers of one region could leave the older state standing.
        base = _base(request)
        parts = {reply.notice.place.value: self._templates.render("parts/notice.html", base, notice=reply.notice)}
        if reply.notice.place is Place.PULL:
            parts["pull-form"] = self._templates.render(
                "parts/pull_fields.html", base, form=reply.form, refused=reply.error is not None, autofocus=False
            )
        return page(render_partials(self._templates, base, parts), reply.error)

    async def _page(
        self,
        request: Request,
        query: ListQuery,
        said: Notice | None,
        form: PullForm = _BLANK,
        error: SteelyardError | None = None,
    ) -> Response:
        base = _base(request)
        refused = error is not None and said is not None and said.place is Place.PULL
        html = self._templates.render(
            "library.html",
            base,
            parts=await self._parts(base, query),
            query=query,
            notice=said,
            form=form,
            refused=refused,
            autofocus=refused,
        )
        return page(html, error)

    async def _parts(self, base: str, query: ListQuery) -> dict[str, Markup]:
        return render_parts(self._templates, base, await read_state(self._source, query, self._clock.now()))

    def _error_page(self, request: Request, error: SteelyardError) -> Response:
        return page(self._templates.render("error.html", _base(request), error=error), error)


def _wants_parts(request: Request) -> bool:
    return request.headers.get("hx-request") == "true"


def _base(request: Request) -> str:
    return str(request.scope.get("root_path", "")).rstrip("/")


def _action(text: str) -> Action:
    try:
        return Action(text)
    except ValueError:
        raise NotFound(
            f"Nothing called {text[:20]!r} can be done to a job.", hint="Use the buttons on the page."
        ) from None
