"""One commit at a time for each repository of this process."""

import asyncio
from contextlib import AbstractAsyncContextManager
from weakref import WeakValueDictionary


class EntryLocks:
    """A lock for each entry, for as long as anybody holds it or waits for it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    def of(self, entry: int) -> AbstractAsyncContextManager[None]:
        """The lock of one entry."""
        lock = self._locks.get(entry)
        if lock is None:
            self._locks[entry] = lock = asyncio.Lock()
        return lock
