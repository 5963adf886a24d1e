"""How much room the store's disk has, for whoever only wants to show it."""

import asyncio
from concurrent.futures import Executor

from steelyard.storage.disk import DiskStorage


class Space:
    """Asks the disk in a thread: one that is slow to answer holds nobody else up."""

    def __init__(self, storage: DiskStorage, threads: Executor) -> None:
        self._storage = storage
        self._threads = threads

    async def free_or_none(self) -> int | None:
        """Bytes that can still be written; None when the store does not say, such as when its folder is gone."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._storage.free_bytes)
        except OSError:
            return None
