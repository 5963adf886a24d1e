"""What all pages have in common: how they are rendered, answered, and kept up to date."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from steelyard.core.clock import Clock
from steelyard.core.errors import SteelyardError
from steelyard.core.signals import Signals
from steelyard.http import sse
from steelyard.web import live
from steelyard.web.chrome import Chrome
from steelyard.web.headers import guard, page
from steelyard.web.templates import Templates
from steelyard.web.viewer import NOBODY, OpenHouse, Viewers, viewer_of

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Frame:
    """Renders pages, parts and streams. ``address`` is the public one, None where requests say it themselves.

    ``pause`` and ``heartbeat`` of the streams are in seconds. ``viewers`` find out who looks.
    """

    templates: Templates
    signals: Signals
    clock: Clock
    address: str | None = None
    pause: float = live.PAUSE
    heartbeat: float = live.HEARTBEAT
    viewers: Viewers = field(default_factory=OpenHouse)

    def known(self, endpoint: Endpoint) -> Endpoint:
        """An endpoint whose templates know, as ``viewer``, who looks."""

        async def answer(request: Request) -> Response:
            request.state.viewer = NOBODY
            try:
                request.state.viewer = await self.viewers.viewer(request)
            except SteelyardError as error:
                return self.failed(request, error)
            return await endpoint(request)

        return answer

    def now(self) -> datetime:
        """The present moment, for relative times."""
        return self.clock.now()

    def render(self, request: Request, template: str, **values: object) -> Markup:
        """A template with the prefix of this request."""
        return self.templates.render(template, base(request), viewer=viewer_of(request), **values)

    def page(
        self, request: Request, template: str, chrome: Chrome, error: SteelyardError | None = None, **values: object
    ) -> Response:
        """A whole page, with the status of the error it tells of."""
        return page(self.render(request, template, chrome=chrome, **values), error)

    def parts(self, request: Request, parts: Mapping[str, Markup], error: SteelyardError | None = None) -> Response:
        """Some regions of a page for htmx, by the ids of their elements."""
        return page(self._partials(base(request), parts), error)

    def failed(self, request: Request, error: SteelyardError) -> Response:
        """A page that says nothing but what went wrong."""
        return self.page(request, "error.html", Chrome(error.title), error, problem=error)

    def stream(
        self, request: Request, read: Callable[[], Awaitable[Mapping[str, Markup]]], heartbeat: float | None = None
    ) -> Response:
        """The live regions of a page, sent again whenever they changed; ``heartbeat`` in place of the usual one."""
        prefix = base(request)
        messages = live.stream(
            live.changes(self.signals, pause=self.pause, heartbeat=heartbeat or self.heartbeat),
            read,
            lambda parts: self._partials(prefix, parts),
            lambda error: self.templates.render("parts/trouble.html", prefix, error=error),
        )
        return guard(sse.response(messages))

    def depot_address(self, request: Request) -> str:
        """How people reach this depot, with its prefix."""
        return self.address or str(request.base_url).rstrip("/")

    def _partials(self, prefix: str, parts: Mapping[str, Markup]) -> Markup:
        """Each morphs into the element of its id, so focus and selection stay."""
        return self.templates.render("partials.html", prefix, parts=parts)


def base(request: Request) -> str:
    """The path prefix: ``""`` or ``/depot``."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def wants_parts(request: Request) -> bool:
    """Whether htmx asks, which takes parts of a page instead of a redirect."""
    return request.headers.get("hx-request") == "true"


def redirect(request: Request, path: str) -> Response:
    """Go to a path below the prefix with a GET."""
    return guard(RedirectResponse(f"{base(request)}{path}", status_code=303))


def model_path(model: str) -> str:
    """The path of a model's page below the prefix; slashes stay, as everywhere."""
    return f"/models/{quote(model, safe='/@:~')}"
