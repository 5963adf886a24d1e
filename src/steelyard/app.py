"""The composition root: the only place that knows every room."""

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from fastapi import Depends, FastAPI

from steelyard.advice.health import Health
from steelyard.advice.metrics import Metrics
from steelyard.advice.metrics import create_router as metrics_routes
from steelyard.advice.overview import Overview
from steelyard.advice.routes import create_router as advice_routes
from steelyard.catalog.care.routes import create_router as care_routes
from steelyard.catalog.care.routes import create_verify_router as verify_routes
from steelyard.catalog.care.scan import SCAN, ScanKind
from steelyard.catalog.care.schedule import ScanSchedule
from steelyard.catalog.care.service import CareService
from steelyard.catalog.care.tools import CareTools, quiet_threads
from steelyard.catalog.care.verify import VERIFY, VerifyKind
from steelyard.catalog.change_routes import create_router as change_routes
from steelyard.catalog.changes import ChangeService
from steelyard.catalog.held import HeldBytes
from steelyard.catalog.housekeeping import Housekeeping
from steelyard.catalog.inspect.inspector import Inspector
from steelyard.catalog.purge import PURGE, PurgeKind
from steelyard.catalog.routes import create_router as catalog_routes
from steelyard.catalog.service import CatalogService
from steelyard.catalog.sight import Sight
from steelyard.catalog.trash import TrashService
from steelyard.core.clock import Clock, system_clock
from steelyard.core.signals import Signals
from steelyard.core.version import __version__
from steelyard.db.database import Database
from steelyard.downloads.imports.kind import ImportKind
from steelyard.downloads.imports.payload import KIND as IMPORT
from steelyard.downloads.imports.permission import Permission, is_alone
from steelyard.downloads.imports.routes import create_router as import_routes
from steelyard.downloads.imports.service import ImportService
from steelyard.downloads.imports.survey import Surveyor
from steelyard.downloads.kind import DownloadKind
from steelyard.downloads.leftovers import Leftovers
from steelyard.downloads.locks import PartLocks
from steelyard.downloads.payload import KIND
from steelyard.downloads.routes import create_router as download_routes
from steelyard.downloads.service import DownloadService
from steelyard.downloads.tools import Tools
from steelyard.foundation.parts import Foundation, open_foundation
from steelyard.http import openapi, problems
from steelyard.http.bodylimit import BodyLimit
from steelyard.http.guards import Guards
from steelyard.http.metrics import HttpMeters, Metered
from steelyard.http.nul import NoNul
from steelyard.http.prefix import PathPrefix
from steelyard.http.query import no_stray_query
from steelyard.http.requestid import RequestId
from steelyard.identity.people import People
from steelyard.jobs.kind import JobKind
from steelyard.jobs.queue import JobQueue
from steelyard.jobs.routes import create_router as job_routes
from steelyard.jobs.service import JobService
from steelyard.jobs.worker import Worker
from steelyard.pages.downloads import DownloadPages
from steelyard.pages.library import LibraryPages
from steelyard.pages.model import ModelPages
from steelyard.pages.work import Work
from steelyard.settings import Settings
from steelyard.sources.bandwidth import Bandwidth
from steelyard.sources.pauses import HostPauses
from steelyard.sources.registry import SourceContext, Sources, load_sources
from steelyard.storage.disk import DiskStorage
from steelyard.storage.space import Space
from steelyard.stream import Stream
from steelyard.stream import create_router as stream_routes
from steelyard.usage.access import AccessLog
from steelyard.usage.log import AccessHistory
from steelyard.usage.recorder import Recorder
from steelyard.usage.routes import create_router as event_routes
from steelyard.web.frame import Frame
from steelyard.web.routes import create_docs_route
from steelyard.web.routes import create_routes as web_routes
from steelyard.web.shelf import PageSources
from steelyard.web.templates import create_templates

logger = logging.getLogger(__name__)
_BYTE_THREADS = 8
_LOOKING_THREADS = 2
_RESTART_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Depot:
    """The house: every service, wired."""

    settings: Settings
    clock: Clock
    signals: Signals
    foundation: Foundation
    database: Database
    usage_log: Database
    sources: Sources
    storage: DiskStorage
    space: Space
    threads: tuple[ThreadPoolExecutor, ...]
    people: People
    recorder: Recorder
    history: AccessHistory
    jobs: JobService
    worker: Worker
    leftovers: Leftovers
    inspector: Inspector
    catalog: CatalogService
    changes: ChangeService
    trash: TrashService
    housekeeping: Housekeeping
    care: CareService
    scans: ScanSchedule
    imports: ImportService
    downloads: DownloadService
    overview: Overview
    health: Health


def build(
    settings: Settings,
    *,
    sources: Sources | None = None,
    storage: DiskStorage | None = None,
    queue: JobQueue | None = None,
    clock: Clock = system_clock,
) -> Depot:
    """Open the databases, migrate them, and wire the services. Replacements take the place of the real thing.

    Raises DatabaseInUse, DatabaseRefused, SchemaTooNew, BadSettings.
    """
    foundation = open_foundation(settings, clock)
    database, usage_log = foundation.database, foundation.usage_log
    storage = storage or DiskStorage(settings.store_path, symlinks=settings.storage.symlinks)
    sources = sources or load_sources(_source_context(settings, clock))
    signals, queue, people = Signals(foundation.feed), queue or foundation.queue, People(database, clock)
    recorder, held = Recorder(usage_log, clock), HeldBytes(clock)
    threads = ThreadPoolExecutor(_BYTE_THREADS, thread_name_prefix="bytes")
    quick = ThreadPoolExecutor(_LOOKING_THREADS, thread_name_prefix="look")
    space = Space(storage, quick)
    tools = Tools(database, storage, threads, quick, PartLocks(), clock, settings.downloads, settings.storage.keep_free)
    quiet = quiet_threads()
    care_tools = CareTools(database, storage, quiet, clock)
    inspector = Inspector(database, storage, clock, tools.run)
    surveyor = Surveyor(tools, _import_permission(settings))
    kinds: dict[str, JobKind] = {
        IMPORT: ImportKind(tools, surveyor, inspector, signals),
        KIND: DownloadKind(tools, sources, recorder, signals),
        SCAN: ScanKind(care_tools, signals),
        VERIFY: VerifyKind(care_tools, signals),
        PURGE: PurgeKind(
            database, tools.folders, threads, clock, signals, settings.jobs.lease_seconds, tools.require_store
        ),
    }
    jobs = JobService(database, queue, signals, clock, kinds)
    care = CareService(care_tools, jobs)
    trash = TrashService(database, jobs, tools.folders, clock, signals, settings.catalog.trash_days)
    # Two containers may share host name and process id; the last part tells them apart.
    owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
    return Depot(
        settings=settings,
        clock=clock,
        signals=signals,
        foundation=foundation,
        database=database,
        usage_log=usage_log,
        sources=sources,
        storage=storage,
        space=space,
        threads=(threads, quick, quiet),
        people=people,
        recorder=recorder,
        history=AccessHistory(database, usage_log),
        jobs=jobs,
        worker=Worker(database, queue, signals, clock, kinds, jobs, settings.jobs, owner),
        leftovers=Leftovers(tools),
        inspector=inspector,
        catalog=CatalogService(database, usage_log, Sight(storage, tools.look)),
        changes=ChangeService(database, clock, signals),
        trash=trash,
        housekeeping=Housekeeping(trash, tools.folders, signals, settings.jobs.lease_seconds, tools.require_store),
        care=care,
        scans=ScanSchedule(care_tools, care, settings.care),
        imports=ImportService(tools, surveyor, jobs),
        downloads=DownloadService(tools, sources, jobs, recorder, signals, trash),
        overview=Overview(database, usage_log, held),
        health=Health(
            database,
            jobs,
            space,
            recorder,
            held,
            clock,
            settings.storage.keep_free,
            settings.roles,
            foundation.clock_offset,
        ),
    )


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
    problems.install(app)
    openapi.install(app)
    for prefix in ("", "/api/v1"):
        app.include_router(job_routes(depot.jobs, depot.signals, depot.catalog.name_of), prefix=prefix)
    app.include_router(download_routes(depot.downloads, depot.catalog, depot.people, depot.clock))
    app.include_router(import_routes(depot.imports, depot.people))
    app.include_router(event_routes(depot.history, depot.people, depot.catalog.name_of, depot.clock))
    for prefix in ("/api/models", "/api/v1/models"):
        app.include_router(catalog_routes(depot.catalog, depot.people), prefix=prefix)
        app.include_router(change_routes(depot.catalog, depot.changes, depot.trash, depot.people), prefix=prefix)
        app.include_router(verify_routes(depot.care, depot.people), prefix=prefix)
    app.include_router(care_routes(depot.care, depot.people, depot.space))
    app.include_router(advice_routes(depot.overview, depot.health))
    app.include_router(stream_routes(Stream(depot.signals, depot.jobs, depot.catalog), depot.people))
    meters = HttpMeters()
    app.include_router(metrics_routes(Metrics(depot.database, depot.health, meters)))
    frame = Frame(create_templates(), depot.signals, depot.clock, depot.settings.server.public_url)
    app.router.routes.extend(web_routes(_page_sources(depot), frame))
    app.router.routes.extend(create_docs_route(app.openapi, frame))
    # Starlette runs the last one added first.
    app.add_middleware(BodyLimit)
    app.add_middleware(NoNul)
    app.add_middleware(AccessLog, recorder=depot.recorder, people=depot.people, clock=depot.clock)
    app.add_middleware(Guards, settings=depot.settings.server)
    app.add_middleware(Metered, meters=meters)
    app.add_middleware(RequestId)
    app.add_middleware(PathPrefix, prefix=depot.settings.server.prefix)
    return app


def _page_sources(depot: Depot) -> PageSources:
    work, people, catalog, downloads = Work(depot.jobs, depot.downloads), depot.people, depot.catalog, depot.downloads
    return PageSources(
        library=LibraryPages(depot.overview, catalog, work, people, depot.space),
        model=ModelPages(catalog, depot.changes, depot.trash, depot.care, downloads, work, people),
        downloads=DownloadPages(catalog, downloads, depot.jobs, work, people),
    )


@asynccontextmanager
async def running(depot: Depot) -> AsyncIterator[None]:
    """Run what works in the background; on the way out checkpoint jobs, write the last events, close files."""
    tasks = [asyncio.create_task(_kept_up(name, run)) for name, run in _background(depot).items()]
    try:
        yield
    finally:
        depot.signals.close()
        for task in reversed(tasks):
            await _end(task)
        await depot.sources.close()
        for threads in depot.threads:
            threads.shutdown(wait=True, cancel_futures=True)
        await depot.foundation.close()


def _background(depot: Depot) -> dict[str, Callable[[], Awaitable[None]]]:
    """What this process's roles ask for, in the order of starting; it ends in the opposite one."""
    tasks = {**depot.foundation.background, "recorder": depot.recorder.run}
    if "worker" in depot.settings.roles:
        alone = depot.database.kind == "sqlite"
        tasks["worker"] = lambda: depot.worker.run(sole_owner=alone)
        tasks["leftovers"] = depot.leftovers.run
        tasks["housekeeping"] = depot.housekeeping.run
        tasks["inspector"] = depot.inspector.run
        tasks["scans"] = depot.scans.run
    return tasks


async def _kept_up(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run something that never ends by itself; when it breaks, say so and start it again."""
    while True:
        try:
            await run()
        except Exception:
            logger.exception("%s broke and is started again", name)
        await asyncio.sleep(_RESTART_SECONDS)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _import_permission(settings: Settings) -> Permission:
    roots = settings.imports.roots
    real = None if roots is None else tuple(root.resolve() for root in roots)
    return Permission(settings.store_path, real, is_alone(settings.server, settings.roles))


def _source_context(settings: Settings, clock: Clock) -> SourceContext:
    return SourceContext(
        settings={"huggingface": settings.huggingface},
        clock=clock,
        pauses=HostPauses(clock),
        bandwidth=Bandwidth(clock, settings.downloads.bytes_per_second),
        connections_per_host=settings.downloads.connections_per_host,
    )
