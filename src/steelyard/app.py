"""The composition root: the only place that knows every room."""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

from fastapi import Depends, FastAPI

from steelyard.advice.health import Health
from steelyard.advice.overview import Overview
from steelyard.advice.routes import create_router as advice_routes
from steelyard.catalog.routes import create_router as catalog_routes
from steelyard.catalog.service import CatalogService
from steelyard.core.clock import Clock, system_clock
from steelyard.core.signals import Signals
from steelyard.core.version import __version__
from steelyard.db.database import Database, open_sqlite
from steelyard.db.lock import OwnerLock
from steelyard.db.migrate import upgrade
from steelyard.downloads.kind import DownloadKind
from steelyard.downloads.leftovers import Leftovers
from steelyard.downloads.locks import PartLocks
from steelyard.downloads.payload import KIND
from steelyard.downloads.routes import create_router as download_routes
from steelyard.downloads.service import DownloadService
from steelyard.downloads.tools import Tools
from steelyard.http import problems
from steelyard.http.bodylimit import BodyLimit
from steelyard.http.guards import Guards
from steelyard.http.prefix import PathPrefix
from steelyard.http.query import no_stray_query
from steelyard.http.requestid import RequestId
from steelyard.identity.people import People
from steelyard.jobs.kind import JobKind
from steelyard.jobs.queue import EmbeddedQueue, JobQueue
from steelyard.jobs.routes import create_router as job_routes
from steelyard.jobs.service import JobService
from steelyard.jobs.worker import Worker
from steelyard.pages import DepotPages
from steelyard.settings import Settings
from steelyard.sources.bandwidth import Bandwidth
from steelyard.sources.pauses import HostPauses
from steelyard.sources.registry import SourceContext, Sources, load_sources
from steelyard.storage.disk import DiskStorage
from steelyard.usage.access import AccessLog
from steelyard.usage.recorder import Recorder
from steelyard.web.routes import create_docs_route
from steelyard.web.routes import create_routes as web_routes
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
    database: Database
    usage_log: Database
    store_lock: OwnerLock
    sources: Sources
    storage: DiskStorage
    threads: tuple[ThreadPoolExecutor, ...]
    people: People
    recorder: Recorder
    jobs: JobService
    worker: Worker
    leftovers: Leftovers
    catalog: CatalogService
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

    Raises DatabaseInUse, SchemaTooNew, BadSettings.
    """
    database, usage_log, store_lock = _open_files(settings)
    storage = storage or DiskStorage(settings.store_path, symlinks=settings.storage.symlinks)
    sources = sources or load_sources(_source_context(settings, clock))
    signals, queue, people = Signals(), queue or EmbeddedQueue(), People(database, clock)
    recorder = Recorder(usage_log, clock)
    threads = ThreadPoolExecutor(_BYTE_THREADS, thread_name_prefix="bytes")
    quick = ThreadPoolExecutor(_LOOKING_THREADS, thread_name_prefix="look")
    tools = Tools(database, storage, threads, quick, PartLocks(), clock, settings.downloads, settings.storage.keep_free)
    kinds: dict[str, JobKind] = {KIND: DownloadKind(tools, sources, recorder, signals)}
    jobs = JobService(database, queue, signals, clock, kinds)
    owner = f"{socket.gethostname()[:40]}:{os.getpid()}"
    return Depot(
        settings=settings,
        clock=clock,
        signals=signals,
        database=database,
        usage_log=usage_log,
        store_lock=store_lock,
        sources=sources,
        storage=storage,
        threads=(threads, quick),
        people=people,
        recorder=recorder,
        jobs=jobs,
        worker=Worker(database, queue, signals, clock, kinds, jobs, settings.jobs, owner),
        leftovers=Leftovers(tools),
        catalog=CatalogService(database, usage_log),
        downloads=DownloadService(tools, sources, jobs, recorder, signals),
        overview=Overview(database, usage_log),
        health=Health(database, jobs, storage, recorder, clock, settings.storage.keep_free),
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
    for prefix in ("", "/api/v1"):
        app.include_router(job_routes(depot.jobs, depot.signals), prefix=prefix)
    app.include_router(download_routes(depot.downloads, depot.catalog, depot.people))
    for prefix in ("/api/models", "/api/v1/models"):
        app.include_router(catalog_routes(depot.catalog, depot.people), prefix=prefix)
    app.include_router(advice_routes(depot.overview, depot.health))
    pages = DepotPages(depot.overview, depot.catalog, depot.jobs, depot.downloads, depot.people, depot.storage)
    templates = create_templates()
    app.router.routes.extend(web_routes(pages, depot.signals, templates, depot.clock))
    app.router.routes.extend(create_docs_route(app.openapi, templates))
    # Starlette runs the last one added first.
    app.add_middleware(BodyLimit)
    app.add_middleware(AccessLog, recorder=depot.recorder, people=depot.people, clock=depot.clock)
    app.add_middleware(Guards, settings=depot.settings.server)
    app.add_middleware(RequestId)
    app.add_middleware(PathPrefix, prefix=depot.settings.server.prefix)
    return app


@asynccontextmanager
async def running(depot: Depot) -> AsyncIterator[None]:
    """Run what works in the background; on the way out checkpoint jobs, write the last events, close files."""
    recording = asyncio.create_task(_kept_up("recorder", depot.recorder.run))
    working = asyncio.create_task(_kept_up("worker", lambda: depot.worker.run(sole_owner=True)))
    clearing = asyncio.create_task(_kept_up("leftovers", depot.leftovers.run))
    try:
        yield
    finally:
        depot.signals.close()
        await _end(clearing)
        await _end(working)
        await _end(recording)
        await depot.sources.close()
        for threads in depot.threads:
            threads.shutdown(wait=True, cancel_futures=True)
        depot.usage_log.close()
        depot.database.close()
        depot.store_lock.release()


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


def _open_files(settings: Settings) -> tuple[Database, Database, OwnerLock]:
    """Take both databases and the store for this process. Two depots in one store would write the same part files."""
    with ExitStack() as opened:
        database = open_sqlite(settings.database_path, "FULL")
        opened.callback(database.close)
        upgrade(database.writer, "depot")
        usage_log = open_sqlite(settings.usage_path, "NORMAL")
        opened.callback(usage_log.close)
        upgrade(usage_log.writer, "usage")
        (settings.store_path / ".steelyard").mkdir(mode=0o700, parents=True, exist_ok=True)
        store_lock = OwnerLock(settings.store_path / ".steelyard" / "store")
        store_lock.acquire()
        opened.pop_all()
    return database, usage_log, store_lock


def _source_context(settings: Settings, clock: Clock) -> SourceContext:
    return SourceContext(
        settings={"huggingface": settings.huggingface},
        clock=clock,
        pauses=HostPauses(clock),
        bandwidth=Bandwidth(clock, settings.downloads.bytes_per_second),
        connections_per_host=settings.downloads.connections_per_host,
    )
