"""One writer at a time for each part file of this process, whatever jobs and attempts come and go around it."""

import asyncio
from contextlib import AbstractAsyncContextManager
from weakref import WeakValueDictionary

from steelyard.core.digest import Digest


class PartLocks:
    """A lock for each blob, for as long as anybody holds it or waits for it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[Digest, asyncio.Lock] = WeakValueDictionary()

    def of(self, digest: Digest) -> AbstractAsyncContextManager[None]:
        """The lock of one blob."""
        lock = self._locks.get(digest)
        if lock is None:
            self._locks[digest] = lock = asyncio.Lock()
        return lock
