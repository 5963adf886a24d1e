"""Brings the blobs of one revision into the store: those that are here, by links, and by copies where it must be."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from steelyard.catalog import blobs as seals
from steelyard.catalog import revisions
from steelyard.catalog.models import FileState
from steelyard.catalog.pickles.store import passing
from steelyard.core.digest import Digest
from steelyard.downloads import claims
from steelyard.downloads.imports import store
from steelyard.downloads.imports.copier import Copier
from steelyard.downloads.imports.parcels import Goal, Parcel, Placed, show
from steelyard.downloads.imports.reader import Moved, Reader
from steelyard.downloads.imports.report import Way
from steelyard.downloads.imports.store import Read
from steelyard.downloads.lessons import write_down
from steelyard.downloads.reuse import Holders, Learned, Reuse, Taken
from steelyard.downloads.tools import Tools
from steelyard.jobs.context import JobContext
from steelyard.storage.adopt import CHANGED, Adopter, StrangeFile, UnusableFile

_FLUSH_COUNT, _FLUSH_BYTES = 64, 64 * 1024 * 1024


class Intake:
    """The state of one revision's coming in. ``moved`` hears of bytes that were copied."""

    def __init__(self, tools: Tools, context: JobContext, reader: Reader, goal: Goal, moved: Moved) -> None:
        self._tools = tools
        self._storage = tools.storage
        self._adopter = Adopter(tools.storage)
        self._copier = Copier(tools, context, goal, moved)
        self._context = context
        self._reader = reader
        self._goal = goal
        self._reuse = self._reusing({})
        self._placed: list[Placed] = []
        self._size = 0

    async def prepare(self, digests: Sequence[Digest]) -> None:
        """Learn who holds these blobs already."""
        entry = self._goal.revision.entry

        def read(connection: Connection) -> tuple[Holders, set[Digest], set[Digest]]:
            holders = seals.takable(connection, digests, entry)
            return holders, passing(connection, digests), seals.withheld(connection, digests, entry)

        self._reuse = self._reusing(*await self._context.read(read))

    async def bring(self, parcel: Parcel) -> Way:
        """Bring one blob; returns how it came. Raises UnusableFile, DiskFull, LeaseLost."""
        placed = await self._take(parcel)
        if placed is None and parcel.state is FileState.STORED and parcel.way is not Way.COPY:
            if not parcel.sure:
                await self._reader.digest(parcel.file)
            placed = await self._tools.run(lambda: self._link(parcel))
        if placed is None:
            placed = await self._copy(parcel)
        self._placed.append(placed)
        self._size += parcel.blob.size
        if len(self._placed) >= _FLUSH_COUNT or self._size >= _FLUSH_BYTES:
            await self.flush()
        return placed.way

    async def flush(self) -> None:
        """What has come in is on the disk, and written down, when this returns."""
        batch, self._placed, self._size = self._placed, [], 0
        if not batch:
            return
        await self._reader.flush()
        paths = [path for placed in batch for path in placed.parcel.blob.paths]
        folder, commit = self._goal.folder, self._goal.revision.commit
        await self._tools.run(lambda: self._storage.sync_folders(folder, commit, paths))
        await self._context.write(lambda connection: self._record(connection, batch))

    def _reusing(self, holders: Holders, passed: Collection[Digest] = (), closed: Collection[Digest] = ()) -> Reuse:
        goal, check, room = self._goal, self._context.check, self._tools.require_room
        entry, private = goal.revision.entry, goal.folder.private
        return Reuse(self._storage, entry, goal.name, holders, check, room, passed, closed, private=private)

    async def _take(self, parcel: Parcel) -> Placed | None:
        placed = await self._tools.run(lambda: self._at_hand(parcel))
        learned, self._reuse.learned = self._reuse.learned, Learned()
        await write_down(learned, self._tools, self._context)
        return placed

    def _at_hand(self, parcel: Parcel) -> Placed | None:
        """Bytes that the store has. In their very place an earlier attempt has put them, the way they should come."""
        self._context.check()
        stored = parcel.state is FileState.STORED
        place = self._adopter.seen(self._goal.folder, parcel.blob.digest) if stored else None
        if place is not None and parcel.sure and place == parcel.file.seen:
            taken: Taken | None = Taken(FileState.STORED, place)
        else:
            taken = self._reuse.take(parcel.blob)
        if taken is None:
            return None
        show(self._storage, self._goal, parcel.blob, taken.state)
        way = _unmoved(parcel.way) if stored and place is None else parcel.way
        return Placed(parcel, taken, way, read=parcel.sure)

    def _link(self, parcel: Parcel) -> Placed | None:
        self._context.check()
        digest = parcel.blob.digest
        with StrangeFile(parcel.file.place) as file:
            if file.seen != parcel.file.seen:
                raise UnusableFile(CHANGED)
            if not self._adopter.link(file, self._goal.folder, digest):
                return None
        show(self._storage, self._goal, parcel.blob, parcel.state)
        return Placed(parcel, Taken(parcel.state, file.seen), _unmoved(parcel.way), read=True)

    async def _copy(self, parcel: Parcel) -> Placed:
        digest = parcel.blob.digest
        if parcel.blob.size >= _FLUSH_BYTES:
            await self.flush()  # others may wait for what is in, and this takes long
        if not await self._copier.claim(digest):
            await self.flush()  # whoever has it may wait for what is in: the two would wait for ever
            await self._copier.outwait(digest)
            await self.prepare([digest])  # perhaps it is here now
            brought = await self._take(parcel)
            if brought is not None:
                return replace(brought, way=Way.LINK)
        try:
            return Placed(parcel, await self._copier.copy(parcel), Way.COPY, read=True)
        except UnusableFile:
            await self._copier.give_up(digest)
            raise

    def _record(self, connection: Connection, batch: list[Placed]) -> None:
        job, revision, now = self._context.job, self._goal.revision, self._tools.clock.now()
        for state in (FileState.STORED, FileState.QUARANTINED):
            paths = [path for placed in batch for path in placed.parcel.blob.paths if placed.taken.state is state]
            revisions.mark_files(connection, revision.id, paths, state)
        sealed = {
            placed.parcel.blob.digest: placed.taken.file for placed in batch if placed.taken.state is FileState.STORED
        }
        seals.seal(connection, revision.entry, sealed, now)
        store.remember(connection, job.id, dict(_read(placed) for placed in batch if placed.read))
        claims.release(connection, [placed.parcel.blob.digest for placed in batch], job.claim)


def _unmoved(way: Way) -> Way:
    """How bytes came that did not have to be copied after all."""
    return Way.HERE if way is Way.HERE else Way.LINK


def _read(placed: Placed) -> tuple[str, Read]:
    parcel = placed.parcel
    return str(parcel.file.place), Read(parcel.file.seen, parcel.blob.digest, placed.way)
