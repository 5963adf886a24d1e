"""What a server hands requests to: FastAPI, and what stands in front of it."""

from collections.abc import Callable, Sequence

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from steelyard.http.late import late_routes


class DepotApp(FastAPI):
    """FastAPI, with ASGI middleware in front that requests pass before its own frames."""

    _front: ASGIApp | None = None

    def join(self, router: APIRouter, prefix: str = "") -> None:
        """Take over the routes of a ``late_router()``: ``include_router`` would build each of them twice, and now."""
        self.router.routes.extend(late_routes(router, prefix, self.router.dependencies))

    def stand_behind(self, front: Callable[[ASGIApp], ASGIApp]) -> None:
        """Put something in front of all that stands there already."""
        self._front = front(self._front or super().__call__)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to what stands in front."""
        if scope["type"] == "http" and self._front is not None:
            scope["app"] = self
            await self._front(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def around(layers: Sequence[Middleware]) -> Callable[[ASGIApp], ASGIApp]:
    """Puts layers around an application, the outermost first."""

    def layered(app: ASGIApp) -> ASGIApp:
        for layer in reversed(layers):
            app = layer.cls(app, *layer.args, **layer.kwargs)
        return app

    return layered
