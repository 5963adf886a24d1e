"""What every delivery of one process shares."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar

from steelyard.core.clock import Clock
from steelyard.db.database import Database
from steelyard.downloads.pool import unabandoned
from steelyard.downloads.room import full_or
from steelyard.downloads.settings import DownloadSettings
from steelyard.storage.disk import DiskStorage

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tools:
    """Handed in by the composition root. ``keep_free`` is the reserve of the disk in bytes."""

    database: Database
    storage: DiskStorage
    threads: Executor
    clock: Clock
    settings: DownloadSettings
    keep_free: int

    async def run(self, work: Callable[[], T]) -> T:
        """Do something with the disk in a thread. Raises DiskFull when there is no room."""
        try:
            return await unabandoned(asyncio.get_running_loop().run_in_executor(self.threads, work))
        except OSError as error:
            raise full_or(error) from error
