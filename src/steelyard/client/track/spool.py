"""Events on disk until the depot has them, so that neither its absence nor the end of this process loses any.

One folder for all programs of a person; each process has files of its own, ``<owner>-<number>.ndjson``. Nothing is
locked: a file that nobody touched for five minutes belonged to a process that is gone, and whoever renames it first has
it. Should two send it after all, the depot counts each event once, by its id.
"""

import os
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from steelyard.core.clock import Clock

FULL = 1000  # events in a file; then a new one is begun. One file is one request.
FULL_BYTES = 1 << 20
ABANDONED = 300.0  # seconds; a living owner touches its files at least every minute
_ENDING = ".ndjson"
_LEFT = "left-"  # of a process that ended in order
_UNREADABLE = ".unreadable"  # put behind the name of a file that nobody can read
_IN_MEMORY = 10_000  # events, where nothing can be written


@dataclass(slots=True)
class Segment:
    """Events that travel together. ``lines`` are only kept in memory when they could not be written to ``path``."""

    path: Path
    count: int = 0
    size: int = 0
    lines: list[bytes] = field(default_factory=list)


class Spool:
    """The files of one process in ``folder``, oldest first. ``limit`` is bytes, of all files in the folder."""

    def __init__(self, folder: Path, owner: str, limit: int, clock: Clock) -> None:
        self._folder = folder
        self._owner = owner
        self._limit = limit
        self._clock = clock
        self._segments: deque[Segment] = deque()
        self._open: Segment | None = None
        self._made = 0

    @property
    def waiting(self) -> bool:
        """Whether anything is left to deliver."""
        return bool(self._segments)

    def append(self, lines: Sequence[bytes]) -> int:
        """Keep these; the number of those for which there was no room."""
        refused = 0
        for start in range(0, len(lines), FULL):
            refused += self._append(lines[start : start + FULL])
        return refused

    def first(self) -> Segment | None:
        """The oldest segment. Nothing is added to it any more."""
        segment = self._segments[0] if self._segments else None
        if segment is self._open:
            self._open = None
        return segment

    def read(self, segment: Segment) -> list[bytes]:
        """Its events. Raises OSError; a file that somebody else took has none."""
        if segment.lines:
            return segment.lines
        with suppress(FileNotFoundError):
            return segment.path.read_bytes().splitlines()
        return []

    def done(self, segment: Segment) -> None:
        """Forget what was delivered."""
        self._segments.remove(segment)
        with suppress(OSError):
            segment.path.unlink()

    def set_aside(self, segment: Segment) -> Path:
        """Let a file that cannot be read hold up the others no more; where it is from now on."""
        self._segments.remove(segment)
        with suppress(OSError):
            return segment.path.rename(segment.path.with_name(f"{segment.path.name}{_UNREADABLE}"))
        return segment.path

    def touch(self) -> None:
        """Show others that the owner of these files lives."""
        for segment in self._segments:
            with suppress(OSError):
                os.utime(segment.path)

    def adopt(self) -> None:
        """Take over what processes left that are gone."""
        before = self._clock.now().timestamp() - ABANDONED
        for path in sorted(self._folder.glob(f"*{_ENDING}"), reverse=True):
            with suppress(OSError):
                if not self._is_mine(path) and (path.name.startswith(_LEFT) or path.stat().st_mtime < before):
                    self._segments.appendleft(Segment(path.rename(self._next_path())))

    def leave(self) -> int:
        """Let the next process have what could not be delivered; the number of events that are lost with this one,
        since they could not be written down."""
        lost = sum([self._left(segment) for segment in self._segments])
        self._segments.clear()
        self._open = None
        return lost

    def _left(self, segment: Segment) -> int:
        try:
            if segment.lines:
                _write(segment.path, b"\n".join((*segment.lines, b"")))
        except OSError:
            return len(segment.lines)
        with suppress(OSError):  # then it is found later: nobody touches it any more
            segment.path.rename(segment.path.with_name(f"{_LEFT}{segment.path.name}"))
        return 0

    def _append(self, lines: Sequence[bytes]) -> int:
        data = b"\n".join((*lines, b""))
        segment = self._room_for(len(lines), len(data))
        try:
            if self._bytes() + len(data) > self._limit:
                return len(lines)
            _write(segment.path, data)
        except OSError:
            self._open = None  # its last line may be half a line
            return self._remember(lines)
        segment.count += len(lines)
        segment.size += len(data)
        if segment is not self._open:
            self._segments.append(segment)
            self._open = segment
        return 0

    def _remember(self, lines: Sequence[bytes]) -> int:
        room = max(0, _IN_MEMORY - sum(len(segment.lines) for segment in self._segments))
        if kept := lines[:room]:
            self._segments.append(Segment(self._next_path(), lines=[*kept]))
        return len(lines) - len(kept)

    def _room_for(self, events: int, size: int) -> Segment:
        here = self._open
        if here is None or here.count + events > FULL or here.size + size > FULL_BYTES:
            return Segment(self._next_path())
        return here

    def _next_path(self) -> Path:
        self._made += 1
        return self._folder / f"{self._owner}-{self._made:08}{_ENDING}"

    def _is_mine(self, path: Path) -> bool:
        return path.name.startswith(f"{self._owner}-")

    def _bytes(self) -> int:
        if not self._folder.exists():
            return 0
        return sum(path.stat().st_size for path in self._folder.glob(f"*{_ENDING}"))


def _write(path: Path, data: bytes) -> None:
    """Add to a file that only its owner can read: parameters may hold prompts."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb", buffering=0) as file:
        if file.write(data) != len(data):
            raise OSError(f"{path} took only a part of what was written to it")
