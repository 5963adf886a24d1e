"""What every delivery of one process shares."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TypeVar

from steelyard.catalog.care.guard import require_mounted
from steelyard.catalog.folders import Folders
from steelyard.core.clock import Clock
from steelyard.core.threads import unabandoned
from steelyard.db.database import Database
from steelyard.downloads.arrivals import Arrivals
from steelyard.downloads.connections import Connections
from steelyard.downloads.locks import PartLocks
from steelyard.downloads.room import full_or, no_room
from steelyard.downloads.settings import DownloadSettings
from steelyard.storage.disk import DiskStorage

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tools:
    """Handed in by the composition root. ``threads`` move and hash bytes, ``quick`` only look; ``keep_free`` is the
    reserve of the disk in bytes."""

    database: Database
    storage: DiskStorage
    threads: Executor
    quick: Executor
    locks: PartLocks
    clock: Clock
    settings: DownloadSettings
    keep_free: int
    arrivals: Arrivals = field(default_factory=Arrivals)
    connections: Connections = field(init=False)
    folders: Folders = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "connections", Connections(self.settings.connections_per_host))
        object.__setattr__(self, "folders", Folders(self.database, self.storage, self.quick))

    async def run(self, work: Callable[[], T]) -> T:
        """Move or hash bytes in a thread. Raises DiskFull when there is no room."""
        return await self._run(self.threads, work)

    async def look(self, work: Callable[[], T]) -> T:
        """Look at the disk in a thread that never waits behind bytes: for whoever answers a request."""
        return await self._run(self.quick, work)

    def require_room(self, needed: int) -> None:
        """Raise DiskFull when so many bytes would not fit above the reserve."""
        free = self.storage.free_bytes() - self.keep_free
        if needed > max(free, 0):
            raise no_room(needed, free)

    async def require_store(self) -> None:
        """Raise StoreAway when the store is not the one that the database remembers, such as an empty mount point."""
        await require_mounted(self.database, self.storage.layout, self.look)

    async def _run(self, threads: Executor, work: Callable[[], T]) -> T:
        try:
            return await unabandoned(asyncio.get_running_loop().run_in_executor(threads, work))
        except OSError as error:
            raise full_or(error) from error
