"""Files of strangers on their way into the store: read without trust, then linked. They themselves are never changed.

A hard link shares everything with the stranger's file: its bytes, its mode, its owner. That is meant: it costs nothing,
and to change the mode would change the source. Whoever can write the source can therefore change the blob; the
catalog remembers size, inode and time of each verified blob, so that such a change is seen. What waits in quarantine
is known by its size alone, so it is never a link.
"""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from steelyard.core.digest import Digest, Hasher
from steelyard.storage import links
from steelyard.storage.disk import DiskStorage
from steelyard.storage.fingerprint import Fingerprint, fingerprint
from steelyard.storage.layout import RepoFolder

# A link is not followed, and a pipe without a writer does not hold the thread for ever.
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_READ_SIZE = 4 * 1024 * 1024
_REASONS = {
    errno.ELOOP: "it is a link", errno.ENOENT: "it is gone", errno.EACCES: "the depot's user may not read it",
    errno.EPERM: "the depot's user may not read it", errno.ENAMETOOLONG: "its name is too long",
}  # fmt: skip
CHANGED = "it changed while it was read"
NO_FILE = "it is no regular file"


class UnusableFile(Exception):
    """This one file cannot be taken; the reason is for people and names no path."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class StrangeFile:
    """A regular file of somebody else, open for reading. Used from worker threads."""

    def __init__(self, path: Path) -> None:
        """Raises UnusableFile for whatever is no regular file that can be read."""
        self.path = path
        try:
            self._descriptor = os.open(path, _FLAGS)
        except OSError as error:
            raise UnusableFile(reason_of(error)) from error
        found = os.fstat(self._descriptor)
        if not stat.S_ISREG(found.st_mode):
            os.close(self._descriptor)
            raise UnusableFile(NO_FILE)
        self.seen = Fingerprint.of(found)

    def __enter__(self) -> "StrangeFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)

    def read(self, offset: int, size: int) -> bytes:
        """Up to ``size`` bytes from an offset. Raises UnusableFile."""
        try:
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            return os.read(self._descriptor, size)
        except OSError as error:
            raise UnusableFile(reason_of(error)) from error

    def hash_into(self, hasher: Hasher, start: int, length: int) -> int:
        """Feed up to ``length`` bytes from ``start`` to a hasher; returns how many there were. Raises UnusableFile."""
        done = 0
        while done < length and (block := self.read(start + done, min(_READ_SIZE, length - done))):
            hasher.update(block)
            done += len(block)
        return done

    def require_unchanged(self) -> None:
        """The path still leads to the file that was opened, as it was then. Raises UnusableFile."""
        try:
            same = Fingerprint.of(os.fstat(self._descriptor)) == self.seen == Fingerprint.of(self.path.lstat())
        except OSError as error:
            raise UnusableFile(reason_of(error)) from error
        if not same:
            raise UnusableFile(CHANGED)


class Adopter:
    """Gives strangers' files a place in one store."""

    def __init__(self, storage: DiskStorage) -> None:
        self._storage = storage
        self._layout = storage.layout

    def seen(self, folder: RepoFolder, digest: Digest) -> Fingerprint | None:
        """What stands in a blob's place. Raises OSError when that cannot be told."""
        return fingerprint(self._layout.blob(folder, digest))

    def link(self, file: StrangeFile, folder: RepoFolder, digest: Digest) -> bool:
        """Make the file the repository's blob; False where the disk or the file's owner does not let us.

        Raises UnusableFile when it is no longer what was opened.
        """
        place = self._layout.blob(folder, digest)
        if fingerprint(place) == file.seen:
            return True
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = links.beside(place)
        try:
            os.link(file.path, temporary)
        except OSError:  # another file system, one without links, or a file of another user that we cannot write
            return False
        try:
            file.require_unchanged()
            if Fingerprint.of(temporary.lstat()) != file.seen:
                raise UnusableFile(CHANGED)
            self._storage.set_aside(place)
            temporary.replace(place)
        finally:
            temporary.unlink(missing_ok=True)
        return True

    def hide(self, folder: RepoFolder, commit: str, path: str, digest: Digest) -> None:
        """Let a snapshot no longer show a quarantined blob. Raises UnsafeName.

        A link goes, and a further name of the quarantined file; any other file is a stranger's and is set aside.
        """
        place = self._layout.snapshot(folder, commit, path)
        self._storage.clear_way(folder, place)
        if place.is_symlink() or _is_same_file(place, self._layout.quarantine(digest)):
            place.unlink()
        else:
            self._storage.set_aside(place)


def _is_same_file(one: Path, other: Path) -> bool:
    with suppress(FileNotFoundError, NotADirectoryError):
        return one.samefile(other)
    return False


def can_link(found: os.stat_result, path: Path, device: int) -> bool:
    """Whether a hard link to a file will probably succeed: the same file system, and a file that is ours or that we
    could write (Linux ``fs.protected_hardlinks``)."""
    if found.st_dev != device:
        return False
    mine = os.name == "nt" or os.geteuid() in {0, found.st_uid}
    return mine or os.access(path, os.R_OK | os.W_OK)


def reason_of(error: OSError) -> str:
    """What an error of the disk means for one file, without its path."""
    return _REASONS.get(error.errno or 0, f"it cannot be read ({error.strerror})")
