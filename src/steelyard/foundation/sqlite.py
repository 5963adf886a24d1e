"""One process, two SQLite files, a queue in memory."""

from contextlib import ExitStack

from steelyard.core.clock import Clock
from steelyard.core.feed import RingFeed
from steelyard.db.database import open_sqlite
from steelyard.db.lock import OwnerLock
from steelyard.db.migrate import upgrade
from steelyard.foundation.parts import Foundation
from steelyard.jobs.queue import EmbeddedQueue
from steelyard.settings import Settings


def open_foundation(settings: Settings, _clock: Clock) -> Foundation:
    """Take both files and the store for this process alone: two depots in one store would write the same part files.

    Raises DatabaseInUse, SchemaTooNew, BadSettings.
    """
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
    return Foundation(database, usage_log, store_lock, EmbeddedQueue(), RingFeed())
