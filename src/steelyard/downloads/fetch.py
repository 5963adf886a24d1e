"""Brings one blob: from wherever the last try stopped to verified bytes in a part file.

Connections that break are taken up again at the exact byte; a hub that says 429 is left alone as long as it asks for,
up to a minute here and beyond that by putting the job off; a file whose hash is wrong is fetched anew a few times.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import AbstractAsyncContextManager, nullcontext

from steelyard.core.threads import unabandoned
from steelyard.downloads import doubts
from steelyard.downloads.errors import VerificationFailed
from steelyard.downloads.incoming import IncomingBlob
from steelyard.downloads.patience import PASSING, rest_after
from steelyard.downloads.room import full_or, no_room
from steelyard.downloads.tools import Tools
from steelyard.jobs.context import JobContext
from steelyard.jobs.retry import fault_of
from steelyard.sources.errors import BY_ITSELF, UpstreamUnavailable
from steelyard.sources.protocol import RemoteFile, Repository, Source
from steelyard.storage.part import PartFile
from steelyard.storage.parts import PartBusy

logger = logging.getLogger(__name__)
# Bytes handed to the disk at once. A process that is killed loses at most what it had not written: this much twice, and
# what the connection had buffered; together they stay below 2 MiB.
BATCH = 512 * 1024
_PROMPT_SECONDS = 0.1  # what comes slowly is written sooner: somebody may be reading it
Moved = Callable[[int, str], None]
Publish = Callable[[int], None]
Verified = Callable[[int], None]
_LOOKS = 20
_LOOK_SECONDS = 0.1


class BlobFetcher:
    """Fetches blobs for one job. ``moved`` hears of every byte that is safe, negative when bytes are thrown away."""

    def __init__(
        self,
        source: Source,
        tools: Tools,
        context: JobContext,
        moved: Moved,
        place: Callable[[], AbstractAsyncContextManager[None]] = nullcontext,
    ) -> None:
        """``place`` is held while a connection to the source is open."""
        self._source = source
        self._tools = tools
        self._settings = tools.settings
        self._context = context
        self._moved = moved
        self._place = place

    async def fetch(
        self, repository: Repository, commit: str, file: RemoteFile, publish: Publish, verified: Verified | None = None
    ) -> None:
        """Fetch, verify and sync a blob; then ``publish`` is called in a worker thread with the inode it has.

        ``verified`` hears of that inode already when the hash is right and the disk has still to take it.

        Raises VerificationFailed, DiskFull, LeaseLost and a source's errors.
        """
        async with self._tools.locks.of(file.digest):
            await self._fetch(repository, commit, file, publish, verified or _nobody)

    async def _fetch(
        self, repository: Repository, commit: str, file: RemoteFile, publish: Publish, verified: Verified
    ) -> None:
        incoming = await self._open(file)
        try:
            if incoming.is_too_long:
                await self._start_over(incoming, file)
            elif incoming.has_past:
                await self._tools.run(incoming.catch_up)
            for _ in range(self._settings.verify_tries):
                await self._complete(repository, commit, file, incoming)
                if incoming.is_right:
                    verified(incoming.inode)
                if await self._tools.run(lambda: _seal(incoming, publish)):
                    return
                logger.warning("wrong bytes", extra={"file": file.path, "repo": repository.name})
                await self._start_over(incoming, file)
        finally:
            incoming.close()
            self._tools.arrivals.moved(file.digest)
        raise VerificationFailed(
            f"The hash of {file.path!r} is wrong after {self._settings.verify_tries} tries; nothing of it was stored.",
            hint="The copy at the hub or a proxy on the way is damaged. Retry the job later, or --exclude the file.",
        )

    async def _complete(self, repository: Repository, commit: str, file: RemoteFile, incoming: IncomingBlob) -> None:
        idle_tries = 0
        while incoming.offset < file.size:
            before = incoming.offset
            try:
                await self._stream(repository, commit, file, incoming)
            except PASSING as error:
                idle_tries = 1 if incoming.offset > before else idle_tries + 1
                logger.warning("a connection broke", extra={"file": file.path, "reason": error.detail})
                self._context.trouble = fault_of(error)
                self._tools.arrivals.troubled(file.digest, fault_of(error))
                await rest_after(error, idle_tries, self._settings)

    async def _stream(self, repository: Repository, commit: str, file: RemoteFile, incoming: IncomingBlob) -> None:
        async with self._place(), self._source.open(repository, commit, file, incoming.offset) as stream:
            if stream.start != incoming.offset:
                await self._start_over(incoming, file)
            self._context.trouble = None
            writer = _Writer(
                self._tools.threads, incoming, lambda size: self._written(size, file), self._tools.clock.monotonic
            )
            try:
                async for chunk in stream.chunks():
                    await writer.take(chunk)
                    if writer.taken >= incoming.size:
                        break
            finally:
                await writer.flush()
        if incoming.offset < file.size:
            detail = f"{file.path} ended after {incoming.offset} of {file.size} bytes."
            raise UpstreamUnavailable(detail, hint=BY_ITSELF)

    async def _open(self, file: RemoteFile) -> IncomingBlob:
        """The part file for this attempt alone.

        A worker that stops lets it go in a moment; one that is frozen keeps it, and is left with the old file.
        """
        for _ in range(_LOOKS):
            try:
                return self._opened(file)
            except PartBusy:
                await asyncio.sleep(_LOOK_SECONDS)
        logger.warning("a worker that lost this file holds on to it", extra={"file": file.path})
        await self._tools.run(lambda: self._tools.storage.renew_part(file.digest, self._context.check))
        return self._opened(file)

    def _opened(self, file: RemoteFile) -> IncomingBlob:
        try:
            part = self._tools.storage.open_part(file.digest)
        except OSError as error:
            raise full_or(error) from error
        return IncomingBlob(part, file.digest, file.size, self._check)

    def _check(self) -> None:
        """In a thread, before every write. Raises LeaseLost, and DiskFull below the reserve."""
        self._context.check()
        free = self._tools.storage.free_bytes() - self._tools.keep_free
        if free < 0:
            raise no_room(0, free)

    def _written(self, size: int, file: RemoteFile) -> None:
        self._moved(size, file.path)
        self._tools.arrivals.moved(file.digest)

    async def _start_over(self, incoming: IncomingBlob, file: RemoteFile) -> None:
        """Begin anew in a new part file: whoever reads the old one must not read on, nor be let go on behind it."""
        self._moved(-incoming.offset, file.path)
        now = self._tools.clock.now()
        await self._context.write(lambda connection: doubts.add(connection, file.digest, now))
        await self._tools.run(lambda: incoming.restart(lambda: self._new_part(file)))
        self._tools.arrivals.moved(file.digest)

    def _new_part(self, file: RemoteFile) -> PartFile:
        self._tools.storage.discard_part(file.digest)
        return self._tools.storage.open_part(file.digest)


class _Writer:
    """Gathers chunks into batches; while a thread writes and hashes one, the next is being received."""

    def __init__(
        self, threads: Executor, incoming: IncomingBlob, moved: Callable[[int], None], seconds: Callable[[], float]
    ) -> None:
        """``seconds`` tells the time."""
        self._threads = threads
        self._incoming = incoming
        self._moved = moved
        self._seconds = seconds
        self._written_at = seconds()
        self._batch: list[bytes] = []
        self._size = 0
        self._writing: asyncio.Future[None] | None = None
        self._writing_size = 0
        self.taken = incoming.offset

    async def take(self, chunk: bytes) -> None:
        """Take a chunk, cut at the announced size. Raises DiskFull, LeaseLost."""
        piece = chunk[: self._incoming.size - self.taken]
        self._batch.append(piece)
        self._size += len(piece)
        self.taken += len(piece)
        if self._size >= BATCH or self._seconds() - self._written_at >= _PROMPT_SECONDS:
            await self._write()

    async def flush(self) -> None:
        """Everything taken is in the part file when this returns. Raises DiskFull, LeaseLost."""
        if self._batch:
            await self._write()
        await self._written()

    async def _write(self) -> None:
        await self._written()
        batch, self._batch, size, self._size = self._batch, [], self._size, 0
        loop = asyncio.get_running_loop()
        self._writing = loop.run_in_executor(self._threads, self._incoming.feed, batch)
        self._writing_size = size
        self._written_at = self._seconds()

    async def _written(self) -> None:
        if self._writing is None:
            return
        writing, self._writing = self._writing, None
        try:
            await unabandoned(writing)
        except OSError as error:
            raise full_or(error) from error
        self._moved(self._writing_size)


def _nobody(_inode: int) -> None:
    """Nobody wants to know."""


def _seal(incoming: IncomingBlob, publish: Publish) -> bool:
    if not incoming.seal():
        return False
    inode = incoming.inode
    incoming.close()  # before the rename: Windows does not move an open file
    publish(inode)
    return True
