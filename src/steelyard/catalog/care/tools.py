"""What every look at the store shares: few threads, and of low priority, so that downloads do not wait for it."""

import asyncio
import os
import sys
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from steelyard.core.clock import Clock
from steelyard.db.database import Database
from steelyard.storage.disk import DiskStorage

T = TypeVar("T")
_THREADS = 2
_NICENESS = 10


@dataclass(frozen=True, slots=True)
class CareTools:
    """Handed in by the composition root."""

    database: Database
    storage: DiskStorage
    threads: Executor
    clock: Clock

    async def run(self, work: Callable[[], T]) -> T:
        """Look or read in a thread. Raises what ``work`` raises."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, work)


def quiet_threads() -> ThreadPoolExecutor:
    """Two threads that step back when others want the processor."""
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="care", initializer=_step_back)


def _step_back() -> None:
    if sys.platform == "linux":  # elsewhere this would be about the whole process
        os.setpriority(os.PRIO_PROCESS, 0, _NICENESS)
