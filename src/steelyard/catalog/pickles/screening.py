"""Between quarantine and the shelf: nothing that can run code gets past here unscanned.

Whoever brings such a file puts it into quarantine, and has it screened afterwards. So a process that is killed leaves
it either there or, after a scan that it passed, on the shelf.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from sqlalchemy import Connection

from steelyard.catalog import blobs, revisions
from steelyard.catalog.models import FileState
from steelyard.catalog.pickles import store
from steelyard.catalog.pickles.mover import InThread, Mover
from steelyard.catalog.pickles.scanner import SCANNER, Scan
from steelyard.core.clock import Clock
from steelyard.core.digest import Digest
from steelyard.db.database import Database
from steelyard.storage.disk import DiskStorage
from steelyard.storage.layout import RepoFolder

logger = logging.getLogger(__name__)
_LEFT_SECONDS = 60.0  # what was taken away for a look at the table is back, or gone, in a moment
Inspect = Callable[[int], Awaitable[object]]


class Screening:
    """Judges blobs and lets the entries that have them follow. ``inspect`` reads a revision anew."""

    def __init__(
        self,
        database: Database,
        storage: DiskStorage,
        clock: Clock,
        in_thread: InThread,
        inspect: Inspect,
        scan: Scan,
        scanner: str = SCANNER,
    ) -> None:
        """``scan`` blocks and is called in a thread; ``scanner`` names it, so that a newer one looks again."""
        self._database = database
        self._storage = storage
        self._clock = clock
        self._in_thread = in_thread
        self._inspect = inspect
        self._scan = scan
        self._scanner = scanner
        self._mover = Mover(database, storage, clock, in_thread)

    async def round(self) -> int:
        """Scan what no scanner of this version has seen, and let every entry follow; returns how many were scanned."""
        waiting = await self._database.read(lambda connection: store.unscanned(connection, self._scanner))
        scanned = [digest for digest, size in waiting if await self._judge(digest, size)]
        touched = await self._database.read(lambda connection: store.entries_with(connection, scanned))
        for entry in await self._database.read(store.unsettled):
            await self._settle_patiently(entry, anew=entry in touched)
        for entry in touched:
            await self._settle_patiently(entry, anew=True)
        await self._sweep()
        if scanned:
            logger.info("scanned pickle files", extra={"files": len(scanned)})
        return len(scanned)

    async def admit(self, revision: int) -> None:
        """Scan what a revision has in quarantine and nobody has scanned, and show what passes. Raises OSError."""
        found = await self._database.read(lambda connection: _waiting(connection, revision, self._scanner))
        if found is None:
            return
        entry, waiting = found
        for digest, size in waiting:
            await self._judge(digest, size)
        await self.settle([entry])

    async def settle(self, entries: Iterable[int], *, anew: bool = False) -> None:
        """Let entries follow what is known about their files; ``anew`` has all that they tell read again. Raises
        OSError."""
        for entry in entries:
            moved = await self._mover.settle(entry)
            for revision in moved | (await self._complete(entry) if anew else set()):
                await self._inspect(revision)

    async def _complete(self, entry: int) -> set[int]:
        found = await self._database.read(lambda connection: revisions.of_entry(connection, entry))
        return {revision.id for revision in found if revision.completed_at is not None}

    async def _settle_patiently(self, entry: int, *, anew: bool) -> None:
        try:
            await self.settle([entry], anew=anew)
        except OSError:
            logger.exception("could not move a pickle file; the next round tries again")

    async def _judge(self, digest: Digest, size: int) -> bool:
        """Whether there is a verdict now."""
        place = await self._place(digest, size)
        verdict = await self._in_thread(lambda: self._scan(place)) if place is not None else None
        if verdict is None:
            return False
        now = self._clock.now()
        await self._database.write(lambda c: store.record(c, digest, size, verdict, self._scanner, now))
        if not verdict.safe:
            logger.warning("a pickle file is held back", extra={"digest": str(digest), "why": verdict.reasons[:3]})
        return True

    async def _place(self, digest: Digest, size: int) -> Path | None:
        """Where the bytes lie: in quarantine, or with somebody who shows them."""
        held = await self._database.read(lambda connection: blobs.holders(connection, [digest]))
        layout = self._storage.layout
        folders = [RepoFolder(one.name.kind, one.name.repo, one.private) for one in held.get(digest, ())]
        places = [layout.quarantine(digest), *(layout.blob(folder, digest) for folder in folders)]

        def look() -> Path | None:
            return next((place for place in places if place.is_file() and place.stat().st_size == size), None)

        return await self._in_thread(look)

    async def _sweep(self) -> None:
        """What is shown everywhere need not wait any more."""
        before = self._clock.now().timestamp() - _LEFT_SECONDS
        await self._in_thread(lambda: self._mover.quarantine.recover(before))
        there = await self._in_thread(self._mover.quarantine.digests)
        for digest in await self._database.read(lambda connection: store.passing(connection, there)):
            await self._mover.discard(digest)


def _waiting(connection: Connection, revision: int, scanner: str) -> tuple[int, list[tuple[Digest, int]]] | None:
    """The entry of a revision that has files in quarantine, and those of them that are to be scanned; else None."""
    subject = revisions.entry_of(connection, revision)
    files = revisions.list_files(connection, revision)
    waiting = {file.digest: file.size for file in files if file.state is FileState.QUARANTINED}
    known = store.standings(connection, waiting)
    if subject is None or not waiting:
        return None
    fresh = {digest for digest, standing in known.items() if standing.scanner == scanner}
    return subject[0], [(digest, size) for digest, size in waiting.items() if digest not in fresh]
