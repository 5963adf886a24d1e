"""Folders follow the table: a deleted entry's folder lies in the trash, any other's on its shelf, open or private.

The table changes first, in one transaction, and the folder after it. Whoever changed the table settles the folder; what
a crash leaves undone, or a late job publishes, a round over all of them mends.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from weakref import WeakValueDictionary

from sqlalchemy import Connection

from steelyard.catalog import shelving, store, trash_store
from steelyard.catalog.models import File, FileState
from steelyard.core.ids import catalog_id, parse_catalog_id
from steelyard.core.threads import unabandoned
from steelyard.db.database import Database
from steelyard.storage.disk import DiskStorage
from steelyard.storage.holdings import Listed, ListedBlob
from steelyard.storage.layout import RepoFolder
from steelyard.storage.shelves import Shelves
from steelyard.storage.shredder import Shredder
from steelyard.storage.trash import TrashBin

T = TypeVar("T")
logger = logging.getLogger(__name__)
# Seconds after a deletion in which files are taken for a late job's: a lease, and clocks that differ a little.
_LATE = 120.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry's folder belongs: in the trash since ``deleted_at``, or on its shelf."""

    key: int
    folder: RepoFolder
    deleted_at: datetime | None

    @property
    def name(self) -> str:
        """Its name in the trash."""
        return catalog_id(self.key)


class Folders:
    """Moves folders to where the table says that they belong."""

    def __init__(self, database: Database, storage: DiskStorage, threads: Executor) -> None:
        self._database = database
        self._threads = threads
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self.bin = TrashBin(storage.layout)
        self.shelves = Shelves(storage.layout)
        self.shredder = Shredder(storage.layout)

    async def settle(self, key: int) -> None:
        """Move one folder to its place. Raises OSError.

        It looks at the table again after each move: whoever moves last has then seen the last change of it, so this
        ends well without a lock between processes.
        """
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            done: Place | None = None
            while (place := await self._database.read(lambda connection: _place(connection, key))) not in {done, None}:
                assert place is not None  # noqa: S101 - the condition above
                await self._put(place)
                done = place

    async def mend(self) -> None:
        """Settle every folder that is not where it belongs."""
        for key in await self._database.read(trash_store.unpurged):
            await self._survive(key)
        names = await self.run(self.shelves.private_names)
        for key in await self._database.read(lambda connection: shelving.unsettled(connection, names)):
            await self._survive(key)
        for name in await self.run(self.bin.names):
            await self._mend_trashed(name)

    async def run(self, work: Callable[[], T], threads: Executor | None = None) -> T:
        """Work on the disk in a thread, of ``threads`` when it may take long; cancelled or not, it has ended then."""
        return await unabandoned(asyncio.get_running_loop().run_in_executor(threads or self._threads, work))

    async def listed(self, key: int) -> Listed:
        """What of an entry's folder is the depot's."""
        return as_listed(await self._database.read(lambda connection: trash_store.listed(connection, key)))

    async def _mend_trashed(self, name: str) -> None:
        """A folder in the trash that is not to stay there, or that nobody knows."""
        key = parse_catalog_id(name)
        if key is None or await self._database.read(lambda connection: _is_gone(connection, key)):
            await self.run(lambda: self.shredder.set_aside_unknown(name))
        else:
            await self._survive(key)

    async def _survive(self, key: int) -> None:
        try:
            await self.settle(key)
        except OSError:
            logger.exception("could not move a folder; the next round tries again", extra={"model": catalog_id(key)})

    async def _put(self, place: Place) -> None:
        await self._carry(place)
        if place.deleted_at is None:
            if not await self.run(lambda: self.bin.bring_back(place.folder, place.name)):
                await self.run(lambda: self.bin.merge_back(place.folder, place.name))
        elif not await self.run(lambda: self.bin.throw(place.folder, place.name)):
            listed, until = await self.listed(place.key), place.deleted_at.timestamp() + _LATE
            await self.run(lambda: self.bin.gather(place.folder, place.name, listed, until))

    async def _carry(self, place: Place) -> None:
        """It lies on the other shelf until now, or a late job has published there."""
        if await self.run(lambda: self.shelves.strays(place.folder)):
            others = await self._database.read(
                lambda connection: shelving.housemates(connection, place.folder.elsewhere)
            )
            listed, needed = await self.listed(place.key), as_listed(others) if others else None
            share = place.deleted_at is None
            await self.run(lambda: self.shelves.carry(place.folder, listed, needed, share=share))


def as_listed(files: list[tuple[str, File]]) -> Listed:
    """The table's files as the storage room needs them."""
    blobs: dict[str, ListedBlob] = {}
    for _, file in files:
        stored = file.state is FileState.STORED or (file.digest.hex in blobs and blobs[file.digest.hex].stored)
        blobs[file.digest.hex] = ListedBlob(file.size, stored)
    places = {f"{commit}/{file.path}": file.size for commit, file in files}
    return Listed(blobs, places, frozenset(commit for commit, _ in files))


def _place(connection: Connection, key: int) -> Place | None:
    """None where nothing is to be moved: unknown and purged entries, and folders that another entry needs."""
    entry = store.get(connection, key)
    if entry is None or (entry.trash is not None and entry.trash.purged_at is not None):
        return None
    if entry.trash is not None and trash_store.shares_folder(connection, key):
        return None
    return Place(key, entry.folder, entry.deleted_at)


def _is_gone(connection: Connection, key: int) -> bool:
    entry = store.get(connection, key)
    return entry is None or (entry.trash is not None and entry.trash.purged_at is not None)
