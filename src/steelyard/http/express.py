"""Addresses without parameters that are asked for very often, found in one look.

Through the router with its hundred patterns, and the layers that the framework puts around it, a request for a chat
took a sixth longer. Our own layers stand around these routes as they do around all others.
"""

from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from steelyard.http.bodylimit import is_small
from steelyard.http.nul import has_nul

EXPRESS = "express"  # in a request's state: it is answered here
Endpoint = Callable[[Request], Awaitable[Response]]


def _bare(app: ASGIApp) -> ASGIApp:
    return app


class Express:
    """ASGI middleware: calls the endpoints of some routes itself, and passes everything else on, large bodies too.

    The endpoints take a request, make all answers themselves, and stand in the application's routes too.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[Route], around: Callable[[ASGIApp], ASGIApp] = _bare) -> None:
        """``around`` puts layers around what answers here."""
        self._app = app
        self._lane = around(self._answer)
        self._routes: dict[tuple[str, str], Route] = {
            (method, route.path): route
            for route in routes
            if not route.param_convertors
            for method in route.methods or ()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        await (self._lane if self._is_for_here(scope) else self._app)(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._routes[_key(scope)]
        scope["route"], scope["endpoint"], scope["path_params"] = route, route.endpoint, {}
        scope.setdefault("state", {})[EXPRESS] = True
        endpoint: Endpoint = route.endpoint
        response = await endpoint(Request(scope, receive, send))
        await response(scope, receive, send)

    def _is_for_here(self, scope: Scope) -> bool:
        """What neither ``BodyLimit`` nor ``NoNul`` has to look at more closely."""
        if scope["type"] != "http" or _key(scope) not in self._routes:
            return False
        return is_small(scope) and not has_nul(scope["path"], scope["query_string"])


def _key(scope: Scope) -> tuple[str, str]:
    return scope["method"], scope["path"].removeprefix(scope.get("root_path", ""))
