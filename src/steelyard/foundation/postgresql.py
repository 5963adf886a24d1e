"""Several processes on one PostgreSQL database: servers, workers, or both, on one host or many.

Loaded by name and only then: it imports psycopg and PgQueuer.
"""

import logging
from contextlib import ExitStack

from steelyard.core.clock import Clock
from steelyard.db.clocks import measure_offset
from steelyard.db.database import Database
from steelyard.db.errors import DatabaseRefused
from steelyard.db.feed import TableFeed
from steelyard.db.lifeline import Lifeline
from steelyard.db.listening import NotificationLine, connect_parameters
from steelyard.db.lock import SharedLock
from steelyard.db.migrate import History, upgrade
from steelyard.db.postgres import Isolation, open_postgres
from steelyard.db.pulse import Pulse
from steelyard.foundation.parts import Foundation
from steelyard.jobs.pgqueue import PgQueue
from steelyard.settings import Settings

logger = logging.getLogger(__name__)
_WARN_SECONDS = 1.0
# The depot's records are read before they are changed, so their transactions must not interleave. Those of the usage
# log only append and add up, in sorted order.
_ISOLATION: dict[History, Isolation] = {"depot": "SERIALIZABLE", "usage": "READ COMMITTED"}


def open_foundation(settings: Settings, clock: Clock) -> Foundation:
    """Join the depot: migrate what must be, and share its store.

    Raises DatabaseInUse when a SQLite depot owns the store, DatabaseRefused, SchemaTooNew.
    """
    lifeline = Lifeline()
    with ExitStack() as opened:
        database = _open(settings, "depot", lifeline, opened)
        usage_log = _open(settings, "usage", lifeline, opened)
        offset = measure_offset(database.writer, clock)
        (settings.store_path / ".steelyard").mkdir(mode=0o700, parents=True, exist_ok=True)
        store_lock = SharedLock(settings.store_path / ".steelyard" / "store")
        store_lock.acquire()
        opened.pop_all()
    _compare(offset)
    pulse = Pulse(connect_parameters(database.writer), lifeline, settings.database_silence_seconds)
    return _wired(database, usage_log, store_lock, clock, offset, pulse)


def _open(settings: Settings, history: History, lifeline: Lifeline, opened: ExitStack) -> Database:
    if settings.database_url is None:
        raise DatabaseRefused("No PostgreSQL database is set.", hint="Set DATABASE_URL=postgresql://…")
    address = settings.database_url.get_secret_value()
    database = open_postgres(address, isolation=_ISOLATION[history], lifeline=lifeline)
    opened.callback(database.close)
    upgrade(database.writer, history)
    return database


def _compare(offset: float) -> None:
    if abs(offset) > _WARN_SECONDS:
        logger.warning(
            "this host's clock and the database's differ by %.1f s; leases compare them, so set both by NTP", offset
        )


def _wired(
    database: Database, usage_log: Database, store_lock: SharedLock, clock: Clock, offset: float, pulse: Pulse
) -> Foundation:
    parameters = connect_parameters(database.writer)
    line = NotificationLine(parameters)
    feed, queue = TableFeed(usage_log, line, clock), PgQueue(parameters, line)
    return Foundation(
        database=database,
        usage_log=usage_log,
        store_lock=store_lock,
        queue=queue,
        feed=feed,
        background={"pulse": pulse.run, "listening": line.run, "feed": feed.run, "dispatch log": queue.prune},
        clock_offset=offset,
        close_queue=queue.close,
    )
