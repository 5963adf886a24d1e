"""The spool on disk: files that events are appended to, which survive the process.

No write is forced to the disk: what a killed process wrote is in the system's hands, and the usage log promises no more
for a power cut either. On a disk whose fsync takes 25 ms that is the point of the spool.

A process has a folder of its own, named as its lock beside it. A process that starts adopts the folders of those that
are gone; the operating system drops their locks, however they ended.
"""

import logging
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from steelyard.core.clock import Clock
from steelyard.db.lock import DatabaseInUse, OwnerLock
from steelyard.usage.frames import Frame, Unreadable, batch_in, frame_of, frames_in
from steelyard.usage.spool import Page, SpoolFull, Ticket
from steelyard.usage.writing import Kept

logger = logging.getLogger(__name__)
PAGE_BYTES = 2 << 20  # about 6,000 events: read at once when they are written to the database
LIMIT_BYTES = 256 << 20
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND
_PRIVATE = 0o600


@dataclass(slots=True)
class _File:
    """One page: its size in bytes, how many of its events are not settled, and how many cannot be read."""

    number: int
    size: int
    count: int
    since: float
    unreadable: int = 0


class FileSpool:
    """A ``Spool`` in a folder, which may be shared by the processes of one host."""

    is_durable = True

    def __init__(self, folder: Path, clock: Clock, *, limit: int = LIMIT_BYTES, page: int = PAGE_BYTES) -> None:
        """Adopts what dead processes left. ``limit`` and ``page`` are bytes: of all files, and of one."""
        self._clock, self._limit, self._page = clock, limit, page
        self._folder = folder / f"{os.getpid()}-{secrets.token_hex(4)}"
        self._lock: OwnerLock | None = None
        self._files: dict[int, _File] = {}
        self.count = self.lost = 0
        self._last = 0
        self._descriptor = -1
        for other in sorted(each for each in folder.glob("*") if each.is_dir()):
            self._adopt(other)

    @property
    def since(self) -> float | None:
        """When the oldest came; of those of a dead process, when they were found."""
        return min((file.since for file in list(self._files.values()) if file.count), default=None)

    def put(self, batch: Sequence[Kept], since: float) -> Ticket:
        """Append them. Raises SpoolFull, OSError, DatabaseInUse."""
        frame, count = frame_of(batch)
        if sum(file.size for file in self._files.values()) + len(frame) > self._limit:
            raise SpoolFull(f"{self._limit} bytes of events wait already")
        file = self._open(since)
        self._append(file, frame)
        file.since = file.since if file.count else since
        file.count += count
        self.count += count
        return Ticket(file.number, count)

    def first(self) -> Page | None:
        """The oldest file, read. Raises OSError: its events are still there."""
        while self._files:
            file = next(iter(self._files.values()))
            if file.number == self._last:
                self._shut()
            batch = self._read(file)
            if batch:
                return Page(Ticket(file.number, file.count), batch)
            self.settle(Ticket(file.number, file.count))
        return None

    def settle(self, ticket: Ticket) -> None:
        """Count them off; a file of which nothing is left is removed."""
        file = self._files[ticket.page]
        file.count -= ticket.size
        self.count -= ticket.size
        if file.count > 0:
            return
        if file.number == self._last:
            self._shut()
        del self._files[ticket.page]
        self.lost += file.unreadable
        try:
            self._remove(file)
        except OSError as error:  # the next process looks which of them are written
            logger.warning("a file of the spool cannot be removed", extra={"reason": str(error)})

    def close(self) -> int:
        """Nothing is lost: the next process adopts what is left."""
        self._shut()
        if self._lock is not None:
            _leave(self._folder, self._lock)
            self._lock = None
        return 0

    def _open(self, since: float) -> _File:
        file = self._files.get(self._last)
        if file is not None and self._descriptor >= 0 and file.size < self._page:
            return file
        self._shut()
        self._settle_in()
        descriptor = os.open(self._path(self._last + 1), _APPEND, _PRIVATE)
        self._last, self._descriptor = self._last + 1, descriptor
        self._files[self._last] = file = _File(self._last, 0, 0, since)
        return file

    def _settle_in(self) -> None:
        """Make the folder, once it is needed; the lock first, so that nobody adopts it."""
        if self._lock is None:
            self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = OwnerLock(self._folder)
            lock.acquire()
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._lock = lock

    def _append(self, file: _File, frame: bytes) -> None:
        try:
            _write_whole(self._descriptor, frame)
        except OSError:
            os.ftruncate(self._descriptor, file.size)  # half a frame would hide those behind it
            raise
        file.size += len(frame)

    def _shut(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1

    def _read(self, file: _File) -> list[Kept]:
        """All events of a file that can be read. Raises OSError, but not where the file is gone."""
        try:
            content = self._path(file.number).read_bytes()
        except FileNotFoundError:
            logger.error("a file of the spool is gone: %d events are lost", file.count)  # noqa: TRY400 - no bug
            file.unreadable = file.count
            return []
        found, file.unreadable = _events_in(content, self._path(file.number).name)
        return found

    def _remove(self, file: _File) -> None:
        """Remove a file that is done with; one with bytes that nobody can read is laid aside, for somebody to look."""
        path = self._path(file.number)
        if file.unreadable and path.exists():
            path.rename(self._folder.with_name(f"{self._folder.name}-{path.stem}.unreadable"))
        path.unlink(missing_ok=True)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:08d}.events"

    def _adopt(self, folder: Path) -> None:
        """Take over the files of a process that is gone; one that lives keeps its own."""
        lock = OwnerLock(folder)
        try:
            lock.acquire()
        except DatabaseInUse:
            return
        for path in sorted(folder.glob("*.events")):
            self._settle_in()
            self._last += 1
            path.rename(self._path(self._last))
            self._files[self._last] = found = self._found(self._last)
            self.count += found.count
        _leave(folder, lock)

    def _found(self, number: int) -> _File:
        content = self._path(number).read_bytes()
        count = sum(frame.events for frame in frames_in(content))
        return _File(number, len(content), count, self._clock.monotonic())


def _leave(folder: Path, lock: OwnerLock) -> None:
    """Remove a folder in which nothing is left, and let go."""
    with suppress(OSError):  # something is left
        folder.rmdir()
        folder.with_name(f"{folder.name}.lock").unlink(missing_ok=True)
    lock.release()


def _write_whole(descriptor: int, frame: bytes) -> None:
    written = os.write(descriptor, frame)
    if written != len(frame):
        raise OSError(f"only {written} of {len(frame)} bytes went into the spool")


def _events_in(content: bytes, name: str) -> tuple[list[Kept], int]:
    """The events of a file, up to the first frame that cannot be decoded, and how many stand from there on."""
    found: list[Kept] = []
    frames = list(frames_in(content))
    for place, frame in enumerate(frames):
        try:
            found += batch_in(frame)
        except Unreadable as error:
            lost = sum(each.events for each in frames[place:])
            logger.error("%d events of %s cannot be read", lost, name, extra={"reason": str(error)})  # noqa: TRY400
            return found, lost
    _warn_of_rest(content, frames, name)
    return found, 0


def _warn_of_rest(content: bytes, frames: Sequence[Frame], name: str) -> None:
    rest = len(content) - (frames[-1].end if frames else 0)
    if rest:
        logger.warning("%d bytes at the end of %s are no events: a kill cut them off", rest, name)
