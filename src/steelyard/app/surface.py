"""The HTTP application of a depot: its routes, its pages, and what every request passes through."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import APIRouter, Depends, FastAPI
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp
from starlette.types import Scope as AsgiScope

from steelyard.advice.metrics import Metrics
from steelyard.advice.metrics import create_router as metrics_routes
from steelyard.advice.routes import create_router as advice_routes
from steelyard.advice.usage_metrics import UsageMetrics
from steelyard.app.depot import Depot
from steelyard.app.front import DepotApp, around
from steelyard.app.running import running
from steelyard.catalog import rights
from steelyard.catalog.care.routes import create_router as care_routes
from steelyard.catalog.care.routes import create_verify_router as verify_routes
from steelyard.catalog.change_routes import create_router as change_routes
from steelyard.catalog.naming import Naming
from steelyard.catalog.pickles.routes import create_router as allow_routes
from steelyard.catalog.routes import create_router as catalog_routes
from steelyard.core.errors import SteelyardError
from steelyard.core.version import __version__
from steelyard.dialects.huggingface.answers import for_clients
from steelyard.dialects.huggingface.answers import refusal as mirror_refusal
from steelyard.dialects.huggingface.files import FileCalls
from steelyard.dialects.huggingface.push import UNBOUNDED, create_push_routes, create_xet_routes
from steelyard.dialects.huggingface.routes import MirrorCalls, is_mirror
from steelyard.dialects.huggingface.routes import create_routes as mirror_routes
from steelyard.dialects.ollama.errors import of_problem as ollama_problem
from steelyard.dialects.ollama.errors import refusal as ollama_refusal
from steelyard.dialects.ollama.pulling import PullCalls
from steelyard.dialects.ollama.routes import ROOMY as OLLAMA_ROOMY
from steelyard.dialects.ollama.routes import create_routes as ollama_routes
from steelyard.dialects.ollama.routes import heartbeat, is_heartbeat, is_ollama
from steelyard.dialects.ollama.shelf import Shelf, ShelfCalls
from steelyard.dialects.ollama.talking import TalkCalls
from steelyard.dialects.openai.errors import of_problem as openai_problem
from steelyard.dialects.openai.routes import ROOMY as OPENAI_ROOMY
from steelyard.dialects.openai.routes import OpenAiCalls, is_openai
from steelyard.dialects.openai.routes import create_routes as openai_routes
from steelyard.dialects.openai.routes import refusal as openai_refusal
from steelyard.dialects.openai.shelf import ModelShelf
from steelyard.downloads.approvals.routes import create_router as approval_routes
from steelyard.downloads.imports.routes import create_router as import_routes
from steelyard.downloads.memory.routes import create_router as memory_routes
from steelyard.downloads.quotas.routes import create_router as quota_routes
from steelyard.downloads.routes import create_router as download_routes
from steelyard.downloads.statistics.routes import create_router as request_statistics_routes
from steelyard.downloads.statistics.service import RequestStatistics
from steelyard.http import openapi, problems
from steelyard.http.accel import Accel
from steelyard.http.bodylimit import BodyLimit
from steelyard.http.express import Express
from steelyard.http.guards import Guards
from steelyard.http.limits import Limiter, RateLimit, by_address
from steelyard.http.metrics import HttpMeters, Metered
from steelyard.http.nul import NoNul
from steelyard.http.origins import Origins
from steelyard.http.prefix import PathPrefix
from steelyard.http.query import no_stray_query
from steelyard.http.requestid import RequestId
from steelyard.http.reshape import Reshape
from steelyard.http.templates import templates
from steelyard.identity.accounts.public_key_routes import create_router as public_key_routes
from steelyard.identity.accounts.session_routes import create_router as session_routes
from steelyard.identity.accounts.token_routes import create_router as token_routes
from steelyard.identity.accounts.user_routes import create_router as user_routes
from steelyard.identity.audit.routes import create_router as audit_routes
from steelyard.identity.gate import Gate, ways
from steelyard.identity.rules import RULES
from steelyard.jobs.routes import create_router as job_routes
from steelyard.pages.account import AccountPages
from steelyard.pages.admin import AuditPages, UserPages
from steelyard.pages.approvals import ApprovalPages
from steelyard.pages.downloads import DownloadPages
from steelyard.pages.insights import InsightsPages
from steelyard.pages.keys import KeyPages
from steelyard.pages.library import LibraryPages
from steelyard.pages.model import ModelPages
from steelyard.pages.running import RunningPages
from steelyard.pages.signin import DoorPages
from steelyard.pages.tokens import TokenPages
from steelyard.pages.viewers import PageViewers
from steelyard.pages.work import Work
from steelyard.serving.presets import Presets
from steelyard.serving.routes import ROOMY
from steelyard.serving.routes import create_router as serving_routes
from steelyard.stream import Stream
from steelyard.stream import create_router as stream_routes
from steelyard.usage.access import AccessLog
from steelyard.usage.intake.routes import PACKED, create_otlp_routes
from steelyard.usage.intake.routes import create_router as intake_routes
from steelyard.usage.routes import create_router as event_routes
from steelyard.usage.statistics.routes import create_router as statistics_routes
from steelyard.web.frame import Frame
from steelyard.web.people import PeopleSources
from steelyard.web.refusal import Refusals
from steelyard.web.routes import create_docs_route
from steelyard.web.routes import create_routes as web_routes
from steelyard.web.shelf import PageSources
from steelyard.web.templates import create_templates


def create_app(depot: Depot) -> FastAPI:
    """The HTTP application of a depot; its lifespan runs the recorder and the workers."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with running(depot):
            yield

    app = DepotApp(
        title="Steelyard",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(no_stray_query)],
        telemetry={"tracing": False, "metrics": False, "logs": False},  # nothing leaves this machine by itself
    )
    people = depot.society.people
    problems.install(app)
    openapi.install(app)
    serving = depot.serving  # first: routes are looked at in their order, and that took a seventh of a small answer
    app.join(serving_routes(serving.service, serving.sessions, serving.engines, people, depot.clock))
    shelf = ModelShelf(depot.catalog, serving.service)
    openai = openai_routes(OpenAiCalls(serving.service, shelf, people, depot.clock))
    app.router.routes.extend(openai)
    for prefix in ("", "/api/v1"):
        app.join(job_routes(depot.desk, depot.signals, depot.catalog.name_of), prefix=prefix)
    app.join(download_routes(depot.downloads, depot.catalog, people, depot.clock))
    requests = RequestStatistics(depot.database)
    app.join(request_statistics_routes(requests, depot.usage.statistics, people, depot.usage.answers))
    app.join(import_routes(depot.imports, people))
    app.join(intake_routes(depot.intake.intake, people))
    app.router.routes.extend(create_otlp_routes(depot.intake.intake, people))
    app.join(event_routes(depot.history, people, depot.catalog.name_of, depot.clock))
    for prefix in ("/api/models", "/api/v1/models"):
        app.join(catalog_routes(depot.catalog, people, depot.model_statistics), prefix=prefix)
        app.join(allow_routes(depot.catalog, depot.allowing, people), prefix=prefix)
        app.join(change_routes(depot.catalog, depot.changes, depot.trash, people), prefix=prefix)
        app.join(verify_routes(depot.care, people), prefix=prefix)
    app.join(care_routes(depot.care, people, depot.space))
    for router in _people_routes(depot):
        app.join(router)
    usage = depot.usage
    app.join(statistics_routes(usage.statistics, usage.books, depot.history, people, rights.viewer, usage.answers))
    app.join(advice_routes(depot.overview, depot.health, people, depot.history, usage.answers))
    stream = Stream(depot.signals, depot.jobs, depot.desk, depot.catalog, depot.downloads)
    app.join(stream_routes(stream, people))
    meters = HttpMeters()
    usage_metrics = UsageMetrics(
        depot.database,
        depot.usage_log,
        usage.statistics,
        usage.answers,
        usage.fold,
        usage.retention,
        depot.intake.intake,
    )
    app.join(metrics_routes(Metrics(depot.database, depot.health, meters, usage_metrics)))
    public_url = depot.settings.server.public_url
    frame = Frame(
        create_templates(is_demo=depot.settings.demo),
        depot.signals,
        depot.clock,
        public_url,
        viewers=PageViewers(people),
    )
    app.router.routes.extend(web_routes(_page_sources(depot), frame, _people_pages(depot)))
    app.router.routes.extend(create_docs_route(app.openapi, frame))
    # First of all: a client asks for thousands of files, and each request is held against the routes in turn.
    app.router.routes[:0] = [
        *create_xet_routes(people, public_url),
        *_mirror_routes(depot),
        *create_push_routes(depot.push, people, public_url),
    ]
    app.router.routes.extend(_ollama_routes(depot))
    layers = _layers(depot, meters, frame, app)
    large = Middleware(BodyLimit, unbounded=(*UNBOUNDED, *PACKED), roomy=(*ROOMY, *OPENAI_ROOMY, *OLLAMA_ROOMY))
    app.user_middleware = [*layers, Middleware(NoNul), large]
    app.stand_behind(lambda inner: Express(inner, openai, around(layers)))
    if depot.settings.server.prefix:
        app.stand_behind(lambda inner: PathPrefix(inner, depot.settings.server.prefix))
    return app


def _layers(depot: Depot, meters: HttpMeters, frame: Frame, app: FastAPI) -> list[Middleware]:
    """What every request passes through, whoever answers it; the outermost first."""
    people, server = depot.society.people, depot.settings.server
    limiter, rules = Limiter(depot.settings.limits, depot.clock), ways(templates(app.routes), RULES)
    origins = Middleware(Origins, allowed=server.allowed_origins, public_url=server.public_url)
    # In open mode everybody may come in, and nobody is known before the routes but by an address.
    doors = [
        Middleware(Gate, people=people, ways=rules, refuse=_refusals(frame, app)),
        Middleware(RateLimit, limiter=limiter, key_of=people.key),
    ]
    return [
        Middleware(Reshape, shapes=[(is_openai, openai_problem), (is_ollama, ollama_problem)]),
        Middleware(RequestId),
        Middleware(Metered, meters=meters),
        Middleware(Guards, settings=server, is_open=people.is_open),
        *([origins] if server.allowed_origins else []),
        Middleware(RateLimit, limiter=limiter, key_of=by_address(spare_loopback=people.is_open)),
        Middleware(AccessLog, recorder=depot.recorder, people=people, clock=depot.clock),
        *([] if people.is_open else doors),
    ]


def _mirror_routes(depot: Depot) -> list[BaseRoute]:
    settings, executor = depot.settings, depot.threads[0]
    prefix = settings.mirror.accel_redirect
    accel = Accel(prefix, depot.storage.layout.hub) if prefix else None  # what is private no proxy may read
    files = FileCalls(depot.mirror, depot.arrivals, accel, executor)
    calls = MirrorCalls(depot.mirror, files, depot.society.people, settings.server.public_url)
    return mirror_routes(calls.answer)


def _ollama_routes(depot: Depot) -> list[BaseRoute]:
    people, serving, clock = depot.society.people, depot.serving.service, depot.clock
    presets, naming = Presets(depot.database), Naming(depot.database, clock, depot.signals)
    shelf = Shelf(depot.catalog, naming, depot.trash, serving, presets, people, clock, depot.serving.pulse.has_cards)
    pulls = PullCalls(depot.downloads, depot.jobs, depot.signals, people)
    return ollama_routes(TalkCalls(serving, people, clock), ShelfCalls(shelf), pulls)


def _refusals(frame: Frame, app: FastAPI) -> Callable[[AsgiScope, SteelyardError], ASGIApp]:
    """Whoever may not come in hears it in the way of what they asked."""
    pages = Refusals(frame, app.routes)

    def refuse(scope: AsgiScope, error: SteelyardError) -> ASGIApp:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if is_heartbeat(scope):
            return heartbeat()
        if is_openai(path):
            return openai_refusal(error)
        if is_ollama(path):
            return ollama_refusal(error)
        return mirror_refusal(for_clients(error)) if is_mirror(path) else pages(scope, error)

    return refuse


def _people_routes(depot: Depot) -> list[APIRouter]:
    society, people = depot.society, depot.society.people
    return [
        session_routes(society.doors),
        user_routes(society.users, society.links, people),
        token_routes(society.tokens, people, depot.clock, depot.settings.identity.token_days),
        public_key_routes(society.keys, people),
        audit_routes(society.audit, depot.clock),
        quota_routes(depot.quotas, people),
        approval_routes(depot.approvals, people),
        memory_routes(depot.memory, people, depot.clock),
    ]


def _page_sources(depot: Depot) -> PageSources:
    people, catalog, downloads = depot.society.people, depot.catalog, depot.downloads
    work = Work(depot.jobs, downloads)
    return PageSources(
        library=LibraryPages(depot.overview, catalog, work, people, depot.space),
        model=ModelPages(
            catalog, depot.changes, depot.trash, depot.care, downloads, work, people, depot.model_statistics
        ),
        downloads=DownloadPages(catalog, downloads, depot.jobs, depot.desk, work, people),
        running=RunningPages(depot.serving.service, depot.serving.engines, catalog, people),
        insights=InsightsPages(depot.usage.statistics, depot.usage.books, depot.history, people, depot.clock),
    )


def _people_pages(depot: Depot) -> PeopleSources:
    society, people = depot.society, depot.society.people
    tokens = TokenPages(society.tokens, people, depot.clock, depot.settings.identity.token_days)
    return PeopleSources(
        doors=DoorPages(society.doors),
        account=AccountPages(society.doors, society.users, tokens, KeyPages(society.keys, people)),
        users=UserPages(society.doors, society.users, society.links),
        tokens=tokens,
        approvals=ApprovalPages(depot.approvals, people),
        audit=AuditPages(society.audit),
    )
