"""The parts that differ between a depot of one process and one of several."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Protocol, cast

from steelyard.core.clock import Clock
from steelyard.core.feed import Feed
from steelyard.db.database import Database
from steelyard.db.lock import StoreLock
from steelyard.jobs.queue import JobQueue
from steelyard.settings import Settings


async def nothing() -> None:
    """Nothing to let go."""


@dataclass(frozen=True, slots=True)
class Foundation:
    """Opened, migrated and locked. ``background`` is to be kept running; ``clock_offset`` is the database's clock less
    ours, in seconds."""

    database: Database
    usage_log: Database
    store_lock: StoreLock
    queue: JobQueue
    feed: Feed
    background: Mapping[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    clock_offset: float = 0.0
    close_queue: Callable[[], Awaitable[None]] = nothing

    async def close(self) -> None:
        """Let everything go; the databases last."""
        await self.close_queue()
        self.usage_log.close()
        self.database.close()
        self.store_lock.release()


class Opener(Protocol):
    """What each of the two modules has."""

    def open_foundation(self, settings: Settings, clock: Clock) -> Foundation:
        """Open, migrate and lock. Raises DatabaseInUse, DatabaseRefused, SchemaTooNew, BadSettings."""


def open_foundation(settings: Settings, clock: Clock) -> Foundation:
    """What the settings ask for. Raises DatabaseInUse, DatabaseRefused, SchemaTooNew, BadSettings."""
    # By name, because psycopg and PgQueuer take a third of a second and 30 MB that a depot on SQLite need not pay, and
    # may not be installed. cli.lazy does the same for commands.
    opener = cast("Opener", import_module(f"steelyard.foundation.{settings.database_kind}"))
    return opener.open_foundation(settings, clock)
