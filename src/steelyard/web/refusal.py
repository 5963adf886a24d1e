"""What people see whom the gate does not let in: the sign-in page or a page that says why; programs get a problem."""

from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from steelyard.core.errors import SteelyardError, Unauthorized
from steelyard.http.problems import from_error
from steelyard.web.frame import Frame, redirect, wants_parts
from steelyard.web.headers import unkept
from steelyard.web.local import login_path
from steelyard.web.notices import Place
from steelyard.web.told import refused

_FORMS = "/pages/"
_PLACES = {"/pages/pull": Place.PULL, "/pages/running/unload": Place.RUNNING}
_PAGE = "page-"
_APART = ("/live", "/static")


class SignInAgain(Unauthorized):
    """The session ended while somebody looked at a page."""

    slug = "sign-in-again"
    title = "You are signed out"


class Refusals:
    """Makes the gate's answers, for the pages among an application's routes."""

    def __init__(self, frame: Frame, routes: Iterable[BaseRoute]) -> None:
        self._frame = frame
        self._pages = [route.path_regex for route in routes if isinstance(route, Route) and _is_page(route)]

    def __call__(self, scope: Scope, error: SteelyardError) -> ASGIApp:
        """The answer to whoever sent this request."""
        request = Request(scope)
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if request.method == "POST" and path.startswith(_FORMS):
            return self._form_refused(request, path, _nothing_done(error))
        if not self._is_page(request, path):
            return from_error(error)
        if isinstance(error, Unauthorized):
            return unkept(redirect(request, login_path(request)))
        return self._told(error)

    def _form_refused(self, request: Request, path: str, error: SteelyardError) -> ASGIApp:
        if wants_parts(request):
            place = _PLACES.get(path, Place.JOBS)
            said = self._frame.render(request, "parts/notice.html", notice=refused(place, error))
            return self._frame.parts(request, {place.value: said}, error)
        return self._told(error) if _reads_html(request) else from_error(error)

    def _is_page(self, request: Request, path: str) -> bool:
        """Parts of pages and streams are fetched by scripts, which look at the status."""
        if not _reads_html(request) or wants_parts(request) or request.method not in {"GET", "HEAD"}:
            return False
        return any(page.match(path) for page in self._pages)

    def _told(self, error: SteelyardError) -> ASGIApp:
        async def failed(request: Request) -> Response:
            return unkept(self._frame.failed(request, error))

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            response = await self._frame.known(failed)(Request(scope, receive))
            await response(scope, receive, send)

        return answer


def _nothing_done(error: SteelyardError) -> SteelyardError:
    if isinstance(error, Unauthorized):
        return SignInAgain("You are signed out, and nothing was done.", hint="Sign in, and do it again.")
    return error


def _reads_html(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _is_page(route: Route) -> bool:
    return route.name.startswith(_PAGE) and "GET" in (route.methods or ()) and not route.path.startswith(_APART)
