"""Reads files to learn what they are, and remembers what it read, so that a killed job reads nothing twice."""

import hashlib
from collections.abc import Callable

from steelyard.core.digest import Digest, Hasher
from steelyard.downloads.imports import store
from steelyard.downloads.imports.models import FoundFile
from steelyard.downloads.imports.store import Read
from steelyard.downloads.tools import Tools
from steelyard.jobs.context import JobContext
from steelyard.storage.adopt import CHANGED, StrangeFile, UnusableFile

WRONG = "its bytes are not what its name says"
_STEP = 16 * 1024 * 1024
Moved = Callable[[FoundFile, int], None]
_MANY, _MUCH = 256, 256 * 1024 * 1024


class Reader:
    """The reading of one job. ``read`` is what earlier attempts have read, by place."""

    def __init__(self, tools: Tools, context: JobContext, read: dict[str, Read], moved: Moved) -> None:
        self._tools = tools
        self._context = context
        self._read = read
        self._moved = moved
        self._new: dict[str, Read] = {}
        self._size = 0

    def known(self, file: FoundFile) -> Read | None:
        """What was read of a file, if it is still as it was then."""
        read = self._read.get(str(file.place))
        return read if read is not None and read.seen == file.seen else None

    async def digest(self, file: FoundFile) -> Digest:
        """The digest of a file's bytes. Raises UnusableFile when it changed, or is not what its place's name claims."""
        known = self.known(file)
        digest = known.digest if known else await self._hash(file)
        if file.claimed is not None and digest != file.claimed:
            raise UnusableFile(WRONG)
        if known is None:
            await self._remember(file, digest)
        return digest

    async def flush(self) -> None:
        """What was read is written down when this returns."""
        new, self._new, self._size = self._new, {}, 0
        if new:
            await self._context.write(lambda connection: store.remember(connection, self._context.job.id, new))

    async def _hash(self, file: FoundFile) -> Digest:
        opened = await self._tools.run(lambda: StrangeFile(file.place))
        with opened:
            if opened.seen != file.seen:
                raise UnusableFile(CHANGED)
            algorithm = file.claimed.algorithm if file.claimed else "sha256"
            hasher = file.claimed.hasher(file.size) if file.claimed else hashlib.sha256()
            done = 0
            while step := await self._step(opened, hasher, done):
                done += step
                self._moved(file, step)
            await self._tools.run(opened.require_unchanged)
        return Digest(algorithm, hasher.hexdigest())

    async def _step(self, opened: StrangeFile, hasher: Hasher, done: int) -> int:
        self._context.check()
        return await self._tools.run(lambda: opened.hash_into(hasher, done, _STEP))

    async def _remember(self, file: FoundFile, digest: Digest) -> None:
        read = Read(file.seen, digest)
        self._read[str(file.place)] = self._new[str(file.place)] = read
        self._size += file.size
        if len(self._new) >= _MANY or self._size >= _MUCH:
            await self.flush()
