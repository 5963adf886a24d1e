"""The HTTP application of a depot: its routes, its pages, and what every request passes through."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import APIRouter, Depends, FastAPI
from starlette.routing import BaseRoute
from starlette.types import ASGIApp
from starlette.types import Scope as AsgiScope

from steelyard.advice.metrics import Metrics
from steelyard.advice.metrics import create_router as metrics_routes
from steelyard.advice.routes import create_router as advice_routes
from steelyard.app.depot import Depot
from steelyard.app.running import running
from steelyard.catalog.care.routes import create_router as care_routes
from steelyard.catalog.care.routes import create_verify_router as verify_routes
from steelyard.catalog.change_routes import create_router as change_routes
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
from steelyard.downloads.approvals.routes import create_router as approval_routes
from steelyard.downloads.imports.routes import create_router as import_routes
from steelyard.downloads.memory.routes import create_router as memory_routes
from steelyard.downloads.quotas.routes import create_router as quota_routes
from steelyard.downloads.routes import create_router as download_routes
from steelyard.http import openapi, problems
from steelyard.http.accel import Accel
from steelyard.http.bodylimit import BodyLimit
from steelyard.http.guards import Guards
from steelyard.http.limits import Limiter, RateLimit, by_address
from steelyard.http.metrics import HttpMeters, Metered
from steelyard.http.nul import NoNul
from steelyard.http.prefix import PathPrefix
from steelyard.http.query import no_stray_query
from steelyard.http.requestid import RequestId
from steelyard.http.templates import templates
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
from steelyard.pages.library import LibraryPages
from steelyard.pages.model import ModelPages
from steelyard.pages.signin import DoorPages
from steelyard.pages.tokens import TokenPages
from steelyard.pages.viewers import PageViewers
from steelyard.pages.work import Work
from steelyard.stream import Stream
from steelyard.stream import create_router as stream_routes
from steelyard.usage.access import AccessLog
from steelyard.usage.routes import create_router as event_routes
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

    app = FastAPI(
        title="Steelyard",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(no_stray_query)],
    )
    people = depot.society.people
    problems.install(app)
    openapi.install(app)
    for prefix in ("", "/api/v1"):
        app.include_router(job_routes(depot.desk, depot.signals, depot.catalog.name_of), prefix=prefix)
    app.include_router(download_routes(depot.downloads, depot.catalog, people, depot.clock))
    app.include_router(import_routes(depot.imports, people))
    app.include_router(event_routes(depot.history, people, depot.catalog.name_of, depot.clock))
    for prefix in ("/api/models", "/api/v1/models"):
        app.include_router(catalog_routes(depot.catalog, people), prefix=prefix)
        app.include_router(allow_routes(depot.catalog, depot.allowing, people), prefix=prefix)
        app.include_router(change_routes(depot.catalog, depot.changes, depot.trash, people), prefix=prefix)
        app.include_router(verify_routes(depot.care, people), prefix=prefix)
    app.include_router(care_routes(depot.care, people, depot.space))
    for router in _people_routes(depot):
        app.include_router(router)
    app.include_router(advice_routes(depot.overview, depot.health, people))
    stream = Stream(depot.signals, depot.jobs, depot.desk, depot.catalog, depot.downloads)
    app.include_router(stream_routes(stream, people))
    meters = HttpMeters()
    app.include_router(metrics_routes(Metrics(depot.database, depot.health, meters)))
    public_url = depot.settings.server.public_url
    frame = Frame(create_templates(), depot.signals, depot.clock, public_url, viewers=PageViewers(people))
    app.router.routes.extend(web_routes(_page_sources(depot), frame, _people_pages(depot)))
    app.router.routes.extend(create_docs_route(app.openapi, frame))
    # Starlette runs the last one added first.
    app.add_middleware(BodyLimit, unbounded=UNBOUNDED)
    app.add_middleware(NoNul)
    limiter = Limiter(depot.settings.limits, depot.clock)
    app.add_middleware(RateLimit, limiter=limiter, key_of=people.key)
    # First of all: a client asks for thousands of files, and each request is held against the routes in turn.
    app.router.routes[:0] = [
        *create_xet_routes(people, public_url),
        *_mirror_routes(depot),
        *create_push_routes(depot.push, people, public_url),
    ]
    rules = ways(templates(app.routes), RULES)
    app.add_middleware(Gate, people=people, ways=rules, refuse=_refusals(frame, app))
    app.add_middleware(AccessLog, recorder=depot.recorder, people=people, clock=depot.clock)
    app.add_middleware(RateLimit, limiter=limiter, key_of=by_address(spare_loopback=people.is_open))
    app.add_middleware(Guards, settings=depot.settings.server, is_open=people.is_open)
    app.add_middleware(Metered, meters=meters)
    app.add_middleware(RequestId)
    app.add_middleware(PathPrefix, prefix=depot.settings.server.prefix)
    return app


def _mirror_routes(depot: Depot) -> list[BaseRoute]:
    settings, executor = depot.settings, depot.threads[0]
    prefix = settings.mirror.accel_redirect
    accel = Accel(prefix, depot.storage.layout.hub) if prefix else None  # what is private no proxy may read
    files = FileCalls(depot.mirror, depot.arrivals, accel, executor)
    calls = MirrorCalls(depot.mirror, files, depot.society.people, settings.server.public_url)
    return mirror_routes(calls.answer)


def _refusals(frame: Frame, app: FastAPI) -> Callable[[AsgiScope, SteelyardError], ASGIApp]:
    """Whoever may not come in hears it in the way of what they asked."""
    pages = Refusals(frame, app.routes)

    def refuse(scope: AsgiScope, error: SteelyardError) -> ASGIApp:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        return mirror_refusal(for_clients(error)) if is_mirror(path) else pages(scope, error)

    return refuse


def _people_routes(depot: Depot) -> list[APIRouter]:
    society, people = depot.society, depot.society.people
    return [
        session_routes(society.doors),
        user_routes(society.users, society.links, people),
        token_routes(society.tokens, people, depot.clock, depot.settings.identity.token_days),
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
        model=ModelPages(catalog, depot.changes, depot.trash, depot.care, downloads, work, people),
        downloads=DownloadPages(catalog, downloads, depot.jobs, depot.desk, work, people),
    )


def _people_pages(depot: Depot) -> PeopleSources:
    society, people = depot.society, depot.society.people
    tokens = TokenPages(society.tokens, people, depot.clock, depot.settings.identity.token_days)
    return PeopleSources(
        doors=DoorPages(society.doors),
        account=AccountPages(society.doors, society.users, tokens),
        users=UserPages(society.doors, society.users, society.links),
        tokens=tokens,
        approvals=ApprovalPages(depot.approvals, people),
        audit=AuditPages(society.audit),
    )
