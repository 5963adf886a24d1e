"""The addresses of the pages, to be added to the application's own routes."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from steelyard.core.clock import Clock, system_clock
from steelyard.core.signals import Signals
from steelyard.web import apidocs, live
from steelyard.web.headers import page
from steelyard.web.pages import Pages
from steelyard.web.shelf import PageSource
from steelyard.web.templates import Templates


def create_routes(
    source: PageSource,
    signals: Signals,
    templates: Templates,
    clock: Clock = system_clock,
    *,
    pause: float = live.PAUSE,
    heartbeat: float = live.HEARTBEAT,
) -> list[BaseRoute]:
    """The routes ``/``, ``/live``, ``/pages/…`` and ``/static/…``.

    Every address on the page begins with ``scope["root_path"]``; whoever mounts the routes sets it. SteelyardError
    leaves only ``/live`` (a bad query) and ``/static`` (no such file), for the application's handler.
    """
    pages = Pages(source, signals, templates, clock, pause=pause, heartbeat=heartbeat)
    return [
        Route("/", pages.library, methods=["GET"], name="page-library"),
        Route("/live", pages.live, methods=["GET"], name="page-live"),
        Route("/pages/pull", pages.pull, methods=["POST"], name="page-pull"),
        Route("/pages/jobs/{id}/{action}", pages.control, methods=["POST"], name="page-job-control"),
        Route("/static/{path:path}", templates.assets.serve, methods=["GET"], name="page-static"),
    ]


def create_docs_route(openapi: Callable[[], dict[str, Any]], templates: Templates) -> list[BaseRoute]:
    """``GET /docs``: the OpenAPI document as a page of our own; its curl lines use the address of the request."""

    async def docs(request: Request) -> Response:
        groups = apidocs.groups(openapi(), str(request.base_url).rstrip("/"))
        return page(
            templates.render("apidocs.html", str(request.scope.get("root_path", "")).rstrip("/"), groups=groups)
        )

    return [Route("/docs", docs, methods=["GET"], name="page-docs")]
