"""A file that is read while it comes in: by anybody, from any offset, at any pace.

Every reader reads the part file itself, so the fetch knows nothing of them, and none holds up another. What the hash
has not yet confirmed is given out all but its last chunk. Once it is right the very same file becomes the blob and
loses its write permission; a file that turned out to be wrong loses its name. So an open descriptor tells which it is,
in other processes too. Readers in the process that fetches hear of the right hash sooner, before the disk has it all.
"""

import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from steelyard.catalog.models import File
from steelyard.core.clock import Clock
from steelyard.downloads.arrivals import Arrivals, Reader
from steelyard.downloads.mirror.errors import Torn, stopped
from steelyard.http.transfer import ClientLeft

HELD_BACK = 64 * 1024  # bytes at the end that nobody gets before the hash is right
AHEAD = 64 * 1024 * 1024  # bytes behind the fetch from which on a range is passed through
_WRITABLE = 0o222
_LOOK_SECONDS = 0.1
_ASK_SECONDS = 0.5
_PATIENCE_SECONDS = 1.0  # a connection that broke is taken up again in about that time
Publisher = Callable[[], Awaitable[Path | None]]


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes of an open file that may be sent."""

    descriptor: int
    start: int
    stop: int


class Incoming:
    """One reader's view of one file on its way. It holds a descriptor until it is closed."""

    def __init__(
        self, file: File, part: Path | None, published: Publisher, check: Callable[[], Awaitable[None]], clock: Clock
    ) -> None:
        """``part`` is None where only the verified file may be read. ``published`` finds the file where it lies once it
        is right; ``check`` raises when nobody brings it."""
        self._file = file
        self._part = part
        self._published = published
        self._check = check
        self._clock = clock
        self._descriptor = -1
        self._is_right = False
        self._checked_at = clock.monotonic()
        self._patient_until = clock.monotonic() + _PATIENCE_SECONDS

    def close(self) -> None:
        """Let the file go."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self._is_right = -1, False

    def arrived(self) -> int:
        """Bytes that are in the part file."""
        with suppress(FileNotFoundError):
            return self._part.stat().st_size if self._part is not None else 0
        return 0

    async def spans(
        self, start: int, stop: int, arrivals: Arrivals, has_left: Callable[[], bool] = lambda: False
    ) -> AsyncGenerator[Span, None]:
        """What may be sent, in order, as it comes. Raises Torn when sent bytes turn out to be wrong, ClientLeft where
        nobody waits for them any more, and what ``check`` raises."""
        position = start
        with arrivals.reading(self._file.digest) as reader:
            while position < stop:
                limit = min(stop, await self._limit(reader, goes_on=position > 0))
                if limit > position:
                    yield Span(self._descriptor, position, limit)
                    position = limit
                else:
                    await self._wait(reader, has_sent=position > start)
                    if has_left():
                        raise ClientLeft

    async def _limit(self, reader: Reader, *, goes_on: bool) -> int:
        """How far may be sent now. ``goes_on``: somebody may hold what stands before, from this answer or an earlier
        one; then nothing of another file may follow it."""
        if self._descriptor < 0:
            await self._open()
        if self._descriptor < 0:
            return 0
        if self._is_right:
            return self._file.size
        stat = os.fstat(self._descriptor)
        if stat.st_nlink == 0:
            self.close()
            if goes_on:
                raise Torn
            return 0
        if not stat.st_mode & _WRITABLE or reader.is_right(stat.st_ino):
            return self._file.size
        return min(stat.st_size, self._file.size - HELD_BACK)

    async def _open(self) -> None:
        """The part file, else where it was published: in this order, because it goes from the one to the other."""
        for place, is_right in ((self._part, False), (await self._published(), True), (self._part, False)):
            with suppress(FileNotFoundError):
                if place is not None:
                    self._descriptor = os.open(place, os.O_RDONLY | getattr(os, "O_BINARY", 0))
                    self._is_right = is_right
                    return

    async def _look_whether_right(self) -> None:
        """Some disks keep no permissions: there the file is right once it lies where it was published."""
        if self._descriptor < 0 or os.fstat(self._descriptor).st_size < self._file.size:
            return
        place = await self._published()
        with suppress(FileNotFoundError):
            self._is_right = place is not None and os.path.samestat(os.fstat(self._descriptor), place.stat())

    async def _wait(self, reader: Reader, *, has_sent: bool) -> None:
        """For more bytes; now and then it is asked whether anybody still brings them.

        Whoever has got nothing yet is told of trouble rather than left waiting.
        """
        await reader.wait(_LOOK_SECONDS)
        now = self._clock.monotonic()
        if reader.trouble is None or has_sent:
            self._patient_until = now + _PATIENCE_SECONDS
        elif now >= self._patient_until:
            raise stopped(reader.trouble, self._file.path)
        if now - self._checked_at >= _ASK_SECONDS:
            self._checked_at = now
            await self._check()
            await self._look_whether_right()
