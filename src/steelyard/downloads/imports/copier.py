"""Copies blobs into the store, the way that downloads go: claimed, through a part file, verified, synced, published."""

import asyncio
from dataclasses import replace

from steelyard.catalog.models import FileState
from steelyard.core.digest import Digest
from steelyard.downloads import claims
from steelyard.downloads.errors import VerificationFailed
from steelyard.downloads.fetch import BlobFetcher
from steelyard.downloads.imports.models import FoundFile
from steelyard.downloads.imports.parcels import Goal, Parcel, show
from steelyard.downloads.imports.reader import WRONG, Moved
from steelyard.downloads.imports.source import OneFile
from steelyard.downloads.reuse import Taken
from steelyard.downloads.room import no_room
from steelyard.downloads.tools import Tools
from steelyard.jobs.context import JobContext
from steelyard.sources.protocol import RemoteFile, Repository
from steelyard.storage.adopt import UnusableFile
from steelyard.storage.fingerprint import Fingerprint

_WAIT_SECONDS = 0.25


class Copier:
    """For one revision. ``moved`` hears of bytes that were copied."""

    def __init__(self, tools: Tools, context: JobContext, goal: Goal, moved: Moved) -> None:
        # A file of this machine that is wrong stays wrong; but the part that an earlier try left may be what is wrong.
        self._tools = replace(tools, settings=tools.settings.model_copy(update={"verify_tries": 2}))
        self._storage = tools.storage
        self._context = context
        self._goal = goal
        self._moved = moved

    async def claim(self, digest: Digest) -> bool:
        """Take a blob for this job; returns False while somebody else is bringing it."""
        held, now = self._context.job.claim, self._tools.clock.now()
        return bool(await self._context.write(lambda connection: claims.take(connection, [digest], held, now)))

    async def outwait(self, digest: Digest) -> None:
        """Take a blob once whoever brings it lets it go. Hold nothing that others may wait for meanwhile."""
        while not await self.claim(digest):  # noqa: ASYNC110 - it may be another process; only the table tells
            await asyncio.sleep(_WAIT_SECONDS)

    async def give_up(self, digest: Digest) -> None:
        """Nothing will come of a claimed blob: what was copied goes, and whoever else wants it may bring it."""
        held = self._context.job.claim
        await self._tools.run(lambda: self._discard(digest))
        await self._context.write(lambda connection: claims.release(connection, [digest], held))

    def _discard(self, digest: Digest) -> None:
        self._context.check()
        self._storage.discard_part(digest)

    async def copy(self, parcel: Parcel) -> Taken:
        """Copy a claimed blob. Raises UnusableFile, DiskFull, LeaseLost."""
        blob, file, free = parcel.blob, parcel.file, self._free()
        needed = blob.size - self._storage.part_size(blob.digest)
        if needed > max(free, 0):
            raise no_room(needed, free)
        source = OneFile(self._tools, file)
        fetcher = BlobFetcher(source, self._tools, self._context, lambda size, _: self._copied(file, size))
        repository, commit = Repository(self._goal.name.kind, self._goal.name.repo), self._goal.revision.commit
        taken: list[Taken] = []
        try:
            await fetcher.fetch(
                repository,
                commit,
                RemoteFile(file.path, blob.size, blob.digest),
                lambda inode: taken.append(self._publish(parcel, inode)),
            )
        except VerificationFailed as error:
            raise UnusableFile(WRONG) from error
        return taken[0]

    def _publish(self, parcel: Parcel, inode: int) -> Taken:
        self._context.check()
        digest, layout, folder = parcel.blob.digest, self._storage.layout, self._goal.folder
        if parcel.state is FileState.QUARANTINED:
            self._storage.quarantine_part(digest, inode)
            place = layout.quarantine(digest)
        else:
            self._storage.publish_part(digest, folder, inode)
            place = layout.blob(folder, digest)
        show(self._storage, self._goal, parcel.blob, parcel.state)
        return Taken(parcel.state, Fingerprint.of(place.stat()))

    def _copied(self, file: FoundFile, size: int) -> None:
        self._moved(file, size)
        free = self._free()
        if size > 0 and free < 0:
            raise no_room(0, free)

    def _free(self) -> int:
        return self._storage.free_bytes() - self._tools.keep_free
