"""The addresses of the pages, to be added to the application's own routes."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from steelyard.web import apidocs
from steelyard.web.chat import ChatPage
from steelyard.web.chrome import Chrome, Twin
from steelyard.web.downloads import DownloadsPage
from steelyard.web.frame import Frame
from steelyard.web.insights import InsightsPage
from steelyard.web.library import LibraryPage
from steelyard.web.model import ModelPage
from steelyard.web.people import PeopleSources
from steelyard.web.people_routes import create_people_routes
from steelyard.web.pulling import Pulling
from steelyard.web.running import RunningPage
from steelyard.web.shelf import DownloadsSource, PageSources, RunningSource
from steelyard.web.steering import Steering

_API = Chrome("API", "api", twins=(Twin("All of it as OpenAPI", "/openapi.json"),))


def create_routes(sources: PageSources, frame: Frame, people: PeopleSources | None = None) -> list[BaseRoute]:
    """The pages, their streams under ``/live``, their forms under ``/pages``, and ``/static``.

    Every address on a page begins with ``scope["root_path"]``; whoever mounts the routes sets it. SteelyardError
    leaves only the streams (a bad query) and ``/static`` (no such file), for the application's handler. The pages
    about people are there with ``people``, their sources.
    """
    library, model = LibraryPage(sources.library, frame, sources.running), ModelPage(sources.model, frame)
    downloads, known = DownloadsPage(sources.downloads, frame), frame.known
    insights = InsightsPage(sources.insights, frame)
    return [
        Route("/", known(library.show), methods=["GET"], name="page-library"),
        Route("/live", known(library.live), methods=["GET"], name="page-library-live"),
        Route("/models/{reference:path}", known(model.show), methods=["GET"], name="page-model"),
        Route("/live/models/{reference:path}", known(model.live), methods=["GET"], name="page-model-live"),
        Route("/downloads", known(downloads.show), methods=["GET"], name="page-downloads"),
        Route("/live/downloads", known(downloads.live), methods=["GET"], name="page-downloads-live"),
        Route("/insights", known(insights.show), methods=["GET"], name="page-insights"),
        Route("/live/insights", known(insights.live), methods=["GET"], name="page-insights-live"),
        *_running_routes(sources.running, frame),
        *_form_routes(sources.downloads, frame, library, model),
        *(create_people_routes(people, frame) if people else ()),
        Route("/static/{path:path}", frame.templates.assets.serve, methods=["GET"], name="page-static"),
    ]


def _form_routes(source: DownloadsSource, frame: Frame, library: LibraryPage, model: ModelPage) -> list[BaseRoute]:
    pulling, steering, known = Pulling(source, frame, library), Steering(source, frame), frame.known
    return [
        Route("/pages/pull", known(pulling.pull), methods=["POST"], name="page-pull"),
        Route("/pages/jobs/{id}/{action}", known(steering.control), methods=["POST"], name="page-job-control"),
        Route("/pages/models/edit/{reference:path}", known(model.edit), methods=["POST"], name="page-model-edit"),
        Route("/pages/models/{deed}/{reference:path}", known(model.act), methods=["POST"], name="page-model-act"),
    ]


def _running_routes(source: RunningSource, frame: Frame) -> list[BaseRoute]:
    running, chat, known = RunningPage(source, frame), ChatPage(source, frame), frame.known
    return [
        Route("/running", known(running.show), methods=["GET"], name="page-running"),
        Route("/live/running", known(running.live), methods=["GET"], name="page-running-live"),
        Route("/pages/running/unload", known(running.unload), methods=["POST"], name="page-unload"),
        Route("/chat", known(chat.show), methods=["GET"], name="page-chat"),
    ]


def create_docs_route(openapi: Callable[[], dict[str, Any]], frame: Frame) -> list[BaseRoute]:
    """``GET /docs``: the OpenAPI document as a page of our own; its curl lines use the depot's address."""

    async def docs(request: Request) -> Response:
        groups = apidocs.groups(openapi(), frame.depot_address(request))
        return frame.page(request, "apidocs.html", _API, groups=groups)

    return [Route("/docs", frame.known(docs), methods=["GET"], name="page-docs")]
