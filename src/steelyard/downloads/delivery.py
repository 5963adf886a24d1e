"""One attempt at bringing a set of files of one revision into the store.

Works in rounds: claim the blobs that are missing, take each the cheapest way (it is here already, another repository
has it, or fetch it), write down what is published; then wait for the blobs that other jobs bring, and look again.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from sqlalchemy import Connection

from steelyard.catalog import revisions
from steelyard.catalog.blobs import seal, takable, withheld
from steelyard.catalog.models import EntryName, File, FileState, Revision
from steelyard.catalog.pickles.store import passing
from steelyard.core.digest import Digest
from steelyard.downloads import claims, doubts, store
from steelyard.downloads.fetch import BlobFetcher
from steelyard.downloads.lessons import write_down
from steelyard.downloads.meter import Meter
from steelyard.downloads.plan import Blob, blobs_of, in_order
from steelyard.downloads.pool import each
from steelyard.downloads.reuse import Holders, Reuse, Taken
from steelyard.downloads.tools import Tools
from steelyard.jobs.context import JobContext
from steelyard.sources.protocol import RemoteFile, Repository, Source
from steelyard.storage.fingerprint import Fingerprint
from steelyard.storage.layout import RepoFolder

_FLUSH_COUNT = 64
_FLUSH_BYTES = 64 * 1024 * 1024
_WAIT_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Target:
    """Where the files belong; ``folder`` is the one in the store."""

    entry: EntryName
    folder: RepoFolder
    revision: Revision
    files: Sequence[File]

    @property
    def repository(self) -> Repository:
        """The repository at the source."""
        return Repository(self.entry.kind, self.entry.repo)


class Delivery:
    """The state of one attempt."""

    def __init__(
        self, tools: Tools, source: Source, target: Target, context: JobContext, meter: Meter, *, urgent: bool = False
    ) -> None:
        """``meter`` hears of every byte; several deliveries of one job may share it. ``urgent``: somebody waits for
        the bytes, so no place among the queued downloads is waited for."""
        self._tools = tools
        self._storage = tools.storage
        self._target = target
        self._context = context
        self._meter = meter
        self._fetcher = BlobFetcher(
            source, tools, context, self._moved, nullcontext if urgent else lambda: tools.connections.of(source.hub)
        )
        self._published: list[tuple[Blob, Taken]] = []
        self._flushing = asyncio.Lock()

    async def run(self) -> None:
        """Bring everything. Raises DiskFull, VerificationFailed, LeaseLost and the source's errors."""
        blobs = blobs_of(self._target.files)
        self._found(blob for blob in blobs if blob.here)
        missing = [blob for blob in blobs if not blob.here]
        counted: set[Digest] = set()
        while missing:
            mine = await self._claim(missing)
            self._count_parts([blob for blob in missing if blob.digest in mine], counted)
            await self._bring(in_order(blob for blob in missing if blob.digest in mine))
            missing = [blob for blob in missing if blob.digest not in mine]
            if missing:
                await asyncio.sleep(_WAIT_SECONDS)

    async def _claim(self, blobs: list[Blob]) -> set[Digest]:
        held, now = self._context.job.claim, self._tools.clock.now()
        digests = [blob.digest for blob in blobs]
        return await self._context.write(lambda connection: claims.take(connection, digests, held, now))

    async def _bring(self, blobs: list[Blob]) -> None:
        to_fetch = await self._take_what_is_here(blobs)
        self._require_room(to_fetch)
        if to_fetch:
            job = self._context.job.id
            await self._context.write(lambda connection: store.begin_moving(connection, job))
        try:
            await each(to_fetch, self._tools.settings.connections_per_host, self._fetch)
        finally:
            await self._flush()  # what has arrived counts, also when something else failed

    async def _take_what_is_here(self, blobs: list[Blob]) -> list[Blob]:
        """Use what the store has; returns what must be fetched."""
        wanted = [blob.digest for blob in blobs]
        entry, check, room = self._target.revision.entry, self._context.check, self._tools.require_room
        pickles = [blob.digest for blob in blobs if blob.is_pickle]

        def read(connection: Connection) -> tuple[Holders, set[Digest], set[Digest]]:
            holders = takable(connection, wanted, entry)
            return holders, passing(connection, pickles), withheld(connection, pickles, entry)

        holders, passed, closed = await self._context.read(read)
        own, private = self._target.entry, self._target.folder.private
        reuse = Reuse(self._storage, entry, own, holders, check, room, passed, closed, private=private)

        def take() -> list[tuple[Blob, Taken | None]]:
            return [(blob, self._shown(blob, reuse.take(blob))) for blob in blobs]

        taken = await self._tools.run(take)
        await write_down(reuse.learned, self._tools, self._context)
        self._context.check()  # a part that is not needed any more may be the next owner's by now
        await self._doubt([blob for blob, found in taken if found is not None and self._storage.part_size(blob.digest)])
        for blob, found in taken:
            if found is not None:
                self._meter.found(blob.size * len(blob.paths) - self._usable_part(blob))
                self._storage.discard_part(blob.digest)
                self._published.append((blob, found))
        return [blob for blob, found in taken if found is None]

    async def _doubt(self, blobs: list[Blob]) -> None:
        """Part files that are thrown away unverified: somebody may have read of them."""
        now = self._tools.clock.now()

        def doubt(connection: Connection) -> None:
            for blob in blobs:
                doubts.add(connection, blob.digest, now)

        if blobs:
            await self._context.write(doubt)

    async def _fetch(self, blob: Blob) -> None:
        file = RemoteFile(blob.paths[0], blob.size, blob.digest)
        state = FileState.QUARANTINED if blob.is_pickle else FileState.STORED
        taken: list[Taken] = []
        await self._fetcher.fetch(
            self._target.repository,
            self._target.revision.commit,
            file,
            lambda inode: taken.append(self._publish(blob, state, inode)),
            None if blob.is_pickle else lambda inode: self._tools.arrivals.verified(blob.digest, inode),
        )
        self._meter.found(blob.size * (len(blob.paths) - 1))
        self._published += [(blob, one) for one in taken]
        if len(self._published) >= _FLUSH_COUNT or blob.size > _FLUSH_BYTES:
            await self._flush()

    def _publish(self, blob: Blob, state: FileState, inode: int) -> Taken:
        """In a thread, once the part file is verified; ``inode`` is that very file."""
        self._context.check()
        if state is FileState.QUARANTINED:
            self._storage.quarantine_part(blob.digest, inode)
            place = self._storage.layout.quarantine(blob.digest)
        else:
            self._storage.publish_part(blob.digest, self._target.folder, inode)
            place = self._storage.layout.blob(self._target.folder, blob.digest)
        taken = Taken(state, Fingerprint.of(place.stat()))
        self._shown(blob, taken)
        return taken

    def _shown(self, blob: Blob, taken: Taken | None) -> Taken | None:
        for path in blob.paths if taken is not None and taken.state is FileState.STORED else ():
            self._storage.show(self._target.folder, self._target.revision.commit, path, blob.digest)
        return taken

    async def _flush(self) -> None:
        """Write down what is published, and give the claims back in the same transaction."""
        async with self._flushing:
            batch, self._published = self._published, []
            if not batch:
                return
            paths = [path for blob, _ in batch for path in blob.paths]
            folder, commit = self._target.folder, self._target.revision.commit
            await self._tools.run(lambda: self._storage.sync_folders(folder, commit, paths))
            await self._context.write(lambda connection: self._record(connection, batch))

    def _record(self, connection: Connection, batch: list[tuple[Blob, Taken]]) -> None:
        job, revision, now = self._context.job, self._target.revision, self._tools.clock.now()
        for state in (FileState.STORED, FileState.QUARANTINED):
            paths = [path for blob, taken in batch if taken.state is state for path in blob.paths]
            revisions.mark_files(connection, revision.id, paths, state)
        stored = {blob.digest: taken.file for blob, taken in batch if taken.state is FileState.STORED}
        seal(connection, revision.entry, stored, now)
        claims.release(connection, [blob.digest for blob, _ in batch], job.claim)
        arrived = sum(len(blob.paths) for blob, _ in batch)
        store.count_files(connection, job.id, arrived)

    def _require_room(self, blobs: list[Blob]) -> None:
        self._tools.require_room(sum(blob.size - self._usable_part(blob) for blob in blobs))

    def _moved(self, size: int, path: str) -> None:
        if size < 0:
            self._meter.found(size)
        else:
            self._meter.moved(size, path)

    def _found(self, blobs: Iterable[Blob]) -> None:
        for blob in blobs:
            self._meter.found(blob.size * len(blob.paths))

    def _count_parts(self, blobs: list[Blob], counted: set[Digest]) -> None:
        for blob in blobs:
            if blob.digest not in counted:
                counted.add(blob.digest)
                self._meter.found(self._usable_part(blob))

    def _usable_part(self, blob: Blob) -> int:
        size = self._storage.part_size(blob.digest)
        return size if size <= blob.size else 0
