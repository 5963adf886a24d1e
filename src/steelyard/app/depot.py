"""Every service of a depot, wired: the only place that makes them."""

import os
import secrets
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from steelyard.advice.health import Health
from steelyard.advice.overview import Overview
from steelyard.catalog.care.scan import SCAN, ScanKind
from steelyard.catalog.care.schedule import ScanSchedule
from steelyard.catalog.care.service import CareService
from steelyard.catalog.care.tools import CareTools, quiet_threads
from steelyard.catalog.care.verify import VERIFY, VerifyKind
from steelyard.catalog.changes import ChangeService
from steelyard.catalog.held import HeldBytes
from steelyard.catalog.housekeeping import Housekeeping
from steelyard.catalog.inspect.inspector import Inspector
from steelyard.catalog.known import KnownModels
from steelyard.catalog.model_stats import ModelStatistics
from steelyard.catalog.pickles.rounds import QuarantineRounds
from steelyard.catalog.pickles.scanner import scan
from steelyard.catalog.pickles.screening import Screening
from steelyard.catalog.pickles.service import AllowService
from steelyard.catalog.purge import PURGE, PurgeKind
from steelyard.catalog.service import CatalogService
from steelyard.catalog.sight import Sight
from steelyard.catalog.trash import TrashService
from steelyard.core.clock import Clock, system_clock
from steelyard.core.signals import Signals
from steelyard.db.database import Database
from steelyard.downloads.approvals.service import ApprovalService
from steelyard.downloads.arrivals import Arrivals
from steelyard.downloads.desk import Desk
from steelyard.downloads.imports.kind import ImportKind
from steelyard.downloads.imports.payload import KIND as IMPORT
from steelyard.downloads.imports.permission import Permission, is_alone
from steelyard.downloads.imports.service import ImportService
from steelyard.downloads.imports.survey import Surveyor
from steelyard.downloads.kind import DownloadKind
from steelyard.downloads.leftovers import Leftovers
from steelyard.downloads.locks import PartLocks
from steelyard.downloads.memory.service import Memory
from steelyard.downloads.mirror.service import Mirror
from steelyard.downloads.payload import KIND
from steelyard.downloads.push.service import PushService, make_push
from steelyard.downloads.quotas.service import QuotaService
from steelyard.downloads.service import DownloadService
from steelyard.downloads.tools import Tools
from steelyard.engines.registry import Engines
from steelyard.foundation.bringing import Bringer
from steelyard.foundation.intake import IntakeHouse, gather_intake
from steelyard.foundation.parts import Foundation, open_foundation
from steelyard.foundation.people import Society, gather
from steelyard.foundation.serving import ServingHouse, ServingParts, gather_serving
from steelyard.foundation.usage import UsageHouse, gather_usage
from steelyard.identity.tailnet.models import Whois
from steelyard.jobs.kind import JobKind
from steelyard.jobs.queue import JobQueue
from steelyard.jobs.service import JobService
from steelyard.jobs.worker import Worker
from steelyard.settings import Settings
from steelyard.sources.bandwidth import Bandwidth
from steelyard.sources.pauses import HostPauses
from steelyard.sources.registry import SourceContext, Sources, load_sources
from steelyard.storage.disk import DiskStorage
from steelyard.storage.space import Space
from steelyard.usage.log import AccessHistory
from steelyard.usage.recorder import Recorder

_BYTE_THREADS = 8
_LOOKING_THREADS = 2


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
    society: Society
    recorder: Recorder
    history: AccessHistory
    usage: UsageHouse
    intake: IntakeHouse
    jobs: JobService
    desk: Desk
    worker: Worker
    leftovers: Leftovers
    inspector: Inspector
    quarantine: QuarantineRounds
    allowing: AllowService
    catalog: CatalogService
    model_statistics: ModelStatistics
    changes: ChangeService
    trash: TrashService
    housekeeping: Housekeeping
    care: CareService
    scans: ScanSchedule
    imports: ImportService
    downloads: DownloadService
    mirror: Mirror
    push: PushService
    arrivals: Arrivals
    approvals: ApprovalService
    quotas: QuotaService
    memory: Memory
    serving: ServingHouse
    overview: Overview
    health: Health


def build(
    settings: Settings,
    *,
    sources: Sources | None = None,
    storage: DiskStorage | None = None,
    queue: JobQueue | None = None,
    whois: Whois | None = None,
    engines: Engines | None = None,
    clock: Clock = system_clock,
) -> Depot:
    """Open the databases, migrate them, and wire the services. Replacements take the place of the real thing.

    Raises DatabaseInUse, DatabaseRefused, SchemaTooNew, BadSettings.
    """
    foundation = open_foundation(settings, clock)
    database, usage_log = foundation.database, foundation.usage_log
    storage = storage or DiskStorage(settings.store_path, symlinks=settings.storage.symlinks)
    sources = sources or load_sources(_source_context(settings, clock))
    signals, queue = Signals(foundation.feed), queue or foundation.queue
    society = gather(settings, database, signals, clock, whois)
    held = HeldBytes(clock)
    known = KnownModels(database, held)
    usage = gather_usage(settings, database, usage_log, clock, known)
    recorder, history = usage.recorder, usage.history
    threads = ThreadPoolExecutor(_BYTE_THREADS, thread_name_prefix="bytes")
    quick = ThreadPoolExecutor(_LOOKING_THREADS, thread_name_prefix="look")
    space = Space(storage, quick)
    tools = Tools(database, storage, threads, quick, PartLocks(), clock, settings.downloads, settings.storage.keep_free)
    quiet = quiet_threads()
    care_tools = CareTools(database, storage, quiet, clock)
    inspector = Inspector(database, storage, clock, tools.run)
    screening = Screening(database, storage, clock, care_tools.run, inspector.inspect, scan)
    surveyor = Surveyor(tools, _import_permission(settings))
    kinds: dict[str, JobKind] = {
        IMPORT: ImportKind(tools, surveyor, inspector, screening, signals),
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
    changes = ChangeService(database, tools.folders, clock, signals)
    downloads = DownloadService(tools, sources, jobs, recorder, signals, trash, settings.mirror.namespaces)
    bringer = Bringer(downloads, jobs, signals, settings.engines.queue_all)
    words = settings.usage.store_prompts
    parts = ServingParts(database, storage, recorder, signals, clock, quick, bringer, stores_prompts=words)
    serving = gather_serving(settings.engines, settings.serving, parts, engines)
    catalog = CatalogService(database, usage.statistics, Sight(storage, tools.look))
    # Two containers may share host name and process id; the last part tells them apart.
    owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
    worker = Worker(database, queue, signals, clock, kinds, jobs, settings.jobs, owner)
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
        society=society,
        recorder=recorder,
        history=history,
        usage=usage,
        intake=gather_intake(
            settings.usage, usage_log, society.people, catalog.names_of, clock, usage.turns, usage.rush
        ),
        jobs=jobs,
        desk=Desk(database, jobs, society.people, clock),
        worker=worker,
        leftovers=Leftovers(tools),
        inspector=inspector,
        quarantine=QuarantineRounds(screening, tools.require_store),
        allowing=AllowService(database, screening, clock, signals),
        catalog=catalog,
        model_statistics=ModelStatistics(catalog, usage.statistics, known, history, usage.answers),
        changes=changes,
        trash=trash,
        housekeeping=Housekeeping(trash, tools.folders, signals, settings.jobs.lease_seconds, tools.require_store),
        care=care,
        scans=ScanSchedule(care_tools, care, settings.care),
        imports=ImportService(tools, surveyor, jobs),
        downloads=downloads,
        mirror=Mirror(tools, sources, downloads, worker, recorder, signals, settings.mirror),
        push=make_push(
            tools,
            changes,
            trash,
            signals,
            settings.mirror.namespaces,
            admit=screening.admit,
            inspect=inspector.inspect,
        ),
        arrivals=tools.arrivals,
        approvals=ApprovalService(database, downloads, signals, clock, settings.downloads),
        quotas=QuotaService(database, clock),
        memory=Memory(
            database,
            usage.erasure,
            society.users,
            downloads,
            history,
            society.audit,
            clock,
            signals,
            [serving.sessions],
        ),
        serving=serving,
        overview=Overview(database, usage_log, held, usage.statistics, usage.answers),
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
            serving.pulse,
            is_behind=lambda: usage.statistics.behind,
            is_demo=settings.demo,
        ),
    )


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
        allowed_networks=settings.sources.networks,
    )
