"""Bytes that people send and that no model has yet, each in the folder of whom they were sent for.

They come in under a name that nobody else has, and get their own when size and hash are right. So two that send the
same disturb neither each other nor a download of it.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from steelyard.core.digest import Digest
from steelyard.storage.layout import Layout
from steelyard.storage.links import READ_ONLY, beside, clear_temporaries, sync_directory
from steelyard.storage.part import PartFile

_SYNC_STEP = 256 * 1024 * 1024  # so that the last sync is short: whoever sends waits for it


class Arriving:
    """One file on its way. Used from worker threads, by one at a time."""

    def __init__(self, place: Path, digest: Digest, size: int) -> None:
        self._place = place
        self._temporary = beside(place)
        self._part = PartFile(self._temporary, PartFile.EXISTING | os.O_CREAT | os.O_EXCL)
        self._digest = digest
        self._hasher = digest.hasher(size)
        self._size = size
        self._synced = 0
        self.arrived = 0

    @property
    def left(self) -> int:
        """Bytes still to come; negative when there were too many."""
        return self._size - self.arrived

    def feed(self, pieces: Sequence[bytes]) -> None:
        """Write and hash. Raises OSError when the disk is full."""
        for piece in pieces:
            self._part.write(self.arrived, piece)
            self._hasher.update(piece)
            self.arrived += len(piece)
        if self.arrived - self._synced >= _SYNC_STEP:
            self._part.sync()
            self._synced = self.arrived

    def keep(self) -> bool:
        """Bring it to the disk under its own name; False, and nothing is kept, when it is not what was announced."""
        if self.arrived != self._size or self._hasher.hexdigest() != self._digest.hex:
            return False
        self._part.sync()
        self._temporary.chmod(READ_ONLY)
        self._temporary.replace(self._place)
        sync_directory(self._place.parent)
        return True

    def __enter__(self) -> "Arriving":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._part.close()
        self._temporary.unlink(missing_ok=True)


class Staging:
    """The folder of one store. Synchronous: callers run it in threads. ``owner`` names a folder, and is safe."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def place(self, owner: str, digest: Digest) -> Path:
        """Where bytes that came whole lie."""
        return self._layout.uploads / owner / f"{digest.algorithm}-{digest.hex}"

    def holds(self, owner: str, digest: Digest, size: int) -> bool:
        """Whether they came, whole and right."""
        try:
            return self.place(owner, digest).stat().st_size == size
        except FileNotFoundError:
            return False

    def receive(self, owner: str, digest: Digest, size: int) -> Arriving:
        """A new file that is to come in. Raises OSError."""
        place = self.place(owner, digest)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Arriving(place, digest, size)

    def discard(self, owner: str, digests: Sequence[Digest]) -> None:
        """They have their place in a model now."""
        for digest in digests:
            self.place(owner, digest).unlink(missing_ok=True)
        with suppress(OSError):  # others wait in it, or it is gone
            (self._layout.uploads / owner).rmdir()

    def clear(self, before: float) -> int:
        """Delete what nobody has used since a moment (seconds since 1970); returns the bytes that became free."""
        freed = 0
        for folder in [path for path in self._layout.uploads.iterdir() if path.is_dir()]:
            freed += clear_temporaries(folder, before) + sum(_clear(path, before) for path in list(folder.iterdir()))
            with suppress(OSError):
                folder.rmdir()
        return freed


def _clear(path: Path, before: float) -> int:
    with suppress(FileNotFoundError):
        about = path.lstat()
        if max(about.st_mtime, about.st_ctime) < before:
            path.unlink()
            return about.st_size if about.st_nlink == 1 else 0
    return 0
