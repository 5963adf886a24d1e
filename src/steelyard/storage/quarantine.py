"""What waits in quarantine, on its way to the shelf and back.

Every verb may be repeated, and finishes what a crash has left half done. Nothing in quarantine is ever a further name
of a file that somebody else can write: there its size tells enough.
"""

from contextlib import suppress
from pathlib import Path

from steelyard.core.digest import Digest
from steelyard.storage import links
from steelyard.storage.disk import DiskStorage
from steelyard.storage.examine import examine
from steelyard.storage.fingerprint import Fingerprint, fingerprint
from steelyard.storage.layout import RepoFolder


class Quarantine:
    """The effects on one store's quarantine. Synchronous: callers run it in threads."""

    def __init__(self, storage: DiskStorage) -> None:
        self._storage = storage
        self._layout = storage.layout

    def release(self, folder: RepoFolder, digest: Digest, size: int, seal: Fingerprint | None) -> Fingerprint | None:
        """Give a repository the blob that waits; it waits here as well until it is discarded.

        Returns the file in the repository, which need not be new; None when there is none here either. ``seal`` is what
        the repository's own looked like when its hash was right. Raises OSError.
        """
        place, origin = self._layout.blob(folder, digest), self._layout.quarantine(digest)
        there = fingerprint(place)
        if there is not None and there == fingerprint(origin):
            place.chmod(links.READ_ONLY)
            return there
        if there is not None:
            examined = None if there == seal else examine(place, digest, size, lambda _: None)
            if examined is None or examined.right:
                return there if examined is None else examined.file
        if not self._storage.has_quarantined(digest, size):
            return None
        place.parent.mkdir(parents=True, exist_ok=True)
        self._storage.set_aside(place)
        with suppress(FileNotFoundError):  # somebody else has released and discarded it since
            self._storage.duplicate(origin, place)
            place.chmod(links.READ_ONLY)
        return fingerprint(place)

    def hold(self, folder: RepoFolder, digest: Digest, size: int, seal: Fingerprint | None) -> bool:
        """Have a repository's blob wait here; it stays in the repository until it is dropped there.

        Returns whether it is here now: not when the repository's own is gone or wrong. Raises OSError.
        """
        if self._storage.has_quarantined(digest, size):
            return True
        place, target = self._layout.blob(folder, digest), self._layout.quarantine(digest)
        there = fingerprint(place)
        if there is None or (there != seal and not examine(place, digest, size, lambda _: None).right):
            return False
        if place.stat().st_nlink == 1:
            self._storage.duplicate(place, target)
        else:  # its other names may be somebody else's
            self._copy(place, target)
        links.sync_directory(self._layout.quarantined)
        return True

    def hide(self, folder: RepoFolder, commit: str, path: str, digest: Digest) -> None:
        """Let a snapshot no longer show a blob; what a stranger put under its name stays. Raises UnsafeName."""
        place = self._layout.snapshot(folder, commit, path)
        blob = self._layout.blob(folder, digest)
        if place.is_symlink():
            if Path(str(place.readlink())).name == blob.name:
                place.unlink(missing_ok=True)
            return
        seen = fingerprint(place)
        own = [fingerprint(blob), fingerprint(self._layout.quarantine(digest))]
        if seen is not None and any(_is_ours(seen, one) for one in own if one is not None):
            place.unlink(missing_ok=True)

    def drop(self, folder: RepoFolder, digest: Digest) -> None:
        """Take a blob that waits here out of a repository."""
        if self._layout.quarantine(digest).is_file():
            self._layout.blob(folder, digest).unlink(missing_ok=True)

    def take_away(self, digest: Digest) -> Path | None:
        """Give a blob a name that only the caller knows, so that nobody else begins to rely on it; None where none is.

        Whoever looked before this is known to the table by now: ask it, then ``put_back`` or ``discard``.
        """
        origin = self._layout.quarantine(digest)
        private = links.beside(origin, f"{origin.name}.")
        try:
            return origin.rename(private)
        except FileNotFoundError:
            return None

    def put_back(self, private: Path, digest: Digest) -> None:
        """Somebody needs the blob here."""
        private.replace(self._layout.quarantine(digest))

    def discard(self, private: Path) -> None:
        """Nobody needs the blob here."""
        private.unlink(missing_ok=True)

    def digests(self) -> list[Digest]:
        """The blobs that are here."""
        found = (_digest(path.name) for path in self._layout.quarantined.iterdir())
        return [digest for digest in found if digest is not None]

    def recover(self, before: float) -> None:
        """Put back what killed processes took away before a moment (seconds since 1970), and delete what they left half
        done."""
        for path in list(self._layout.quarantined.iterdir()):
            digest = _digest(path.name.removeprefix(".").partition(".")[0])
            if digest is not None and links.is_temporary(path.name) and path.stat().st_ctime < before:
                self.put_back(path, digest)
        links.clear_temporaries(self._layout.quarantined, before)

    def _copy(self, place: Path, target: Path) -> None:
        temporary = links.beside(target)
        try:
            links.copy_bytes(place, temporary, lambda _: None)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)


def _is_ours(seen: Fingerprint, blob: Fingerprint) -> bool:
    """Whether a snapshot's file is a further name of a blob, or the copy that we made of it."""
    return seen.inode == blob.inode or (seen.size, seen.mtime_ns) == (blob.size, blob.mtime_ns)


def _digest(name: str) -> Digest | None:
    with suppress(ValueError):
        return Digest.parse(name.replace("-", ":", 1))
    return None
