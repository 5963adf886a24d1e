"""The store on a disk: from part file to blob to snapshot, each step atomic.

A reader sees a file only after its hash was right: the part is synced, renamed to its blob, and only then linked into
the snapshot.
"""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from steelyard.core.digest import Digest
from steelyard.storage import links, parts
from steelyard.storage.examine import Examined, examine
from steelyard.storage.fingerprint import Fingerprint, fingerprint
from steelyard.storage.layout import Layout, RepoFolder
from steelyard.storage.moves import is_taken, set_aside, set_aside_only
from steelyard.storage.part import PartFile


class DiskStorage:
    """The effects on one store. Synchronous: callers run it in threads.

    ``link`` is how a snapshot shows a blob: a relative symbolic link, or a copy where links are unwanted.
    ``free_bytes`` and ``duplicate`` are handed in so that a full disk, and one without hard links, can be rehearsed.
    """

    def __init__(
        self,
        root: Path,
        *,
        symlinks: bool = True,
        free_bytes: Callable[[Path], int] | None = None,
        duplicate: links.Duplicate = links.duplicate,
    ) -> None:
        self.layout = Layout(root)
        self._show = links.symlink if symlinks else links.copy
        self._free_bytes = free_bytes or (lambda path: shutil.disk_usage(path).free)
        self._duplicate = duplicate
        self.layout.create()

    def free_bytes(self) -> int:
        """Bytes that can still be written to the store's file system."""
        return self._free_bytes(self.layout.root)

    def open_part(self, digest: Digest) -> PartFile:
        """The part file of a blob for one writer alone, created when it is not there. Raises PartBusy, OSError."""
        return parts.open_part(self.layout.part(digest))

    def renew_part(self, digest: Digest, check: Callable[[], None]) -> None:
        """Put a copy in the place of a part file that its old owner cannot let go. Raises what ``check`` raises."""
        parts.renew_part(self.layout.part(digest), check)

    def part_size(self, digest: Digest) -> int:
        """Bytes of the blob that came in on an earlier try."""
        try:
            return self.layout.part(digest).stat().st_size
        except FileNotFoundError:
            return 0

    def list_parts(self, before: float) -> dict[Digest, int]:
        """The part files last written before a moment (seconds since 1970), with their sizes."""
        found = ((parts.part_digest(path), path.stat()) for path in self.layout.parts.glob("*.part"))
        return {digest: stat.st_size for digest, stat in found if digest is not None and stat.st_mtime < before}

    def discard_part(self, digest: Digest) -> None:
        """Throw away what came in."""
        self.layout.part(digest).unlink(missing_ok=True)

    def clear_part(self, digest: Digest, before: float) -> int:
        """Throw away what came in, unless somebody writes it or has since ``before``; returns the bytes freed."""
        return parts.clear_part(self.layout.part(digest), before)

    def has_blob(self, folder: RepoFolder, digest: Digest, size: int) -> bool:
        """Whether a blob of the right size is in its place."""
        try:
            return self.layout.blob(folder, digest).stat().st_size == size
        except FileNotFoundError:
            return False

    def has_quarantined(self, digest: Digest, size: int) -> bool:
        """Whether a verified blob of this digest waits in quarantine."""
        try:
            return self.layout.quarantine(digest).stat().st_size == size
        except FileNotFoundError:
            return False

    def publish_part(self, digest: Digest, folder: RepoFolder, inode: int | None = None) -> None:
        """Make a verified and synced part the repository's blob: the file ``inode``, whatever has its name now.

        Raises PartMissing when another worker took it over.
        """
        target = self.layout.blob(folder, digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        with parts.taken_away(self.layout.part(digest), inode) as verified:
            verified.chmod(links.READ_ONLY)
            self.set_aside(target)
            verified.replace(target)

    def quarantine_part(self, digest: Digest, inode: int | None = None) -> None:
        """Put a verified part where nobody loads it. Raises PartMissing when another worker took it over."""
        with parts.taken_away(self.layout.part(digest), inode) as verified:
            verified.replace(self.layout.quarantine(digest))

    def share_blob(
        self,
        source: RepoFolder,
        target: RepoFolder,
        digest: Digest,
        seen: Fingerprint | None = None,
        step: links.Step = lambda _: None,
    ) -> Fingerprint | None:
        """Give a second repository the same bytes without a second copy: a hard link, where the disk has them.

        Returns what the second one has now; None, with its place untouched, when the first one's file is not as it was
        ``seen``. Of a copy ``step`` hears before each piece how many bytes are left. Raises what it raises, OSError.
        """
        origin, place = self.layout.blob(source, digest), self.layout.blob(target, digest)
        seen = seen or fingerprint(origin)
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = links.beside(place)
        try:
            self._duplicate(origin, temporary, step)
            made = fingerprint(temporary)
            if made is None or seen is None or not _is_as_seen(made, origin, seen):
                return None
            if fingerprint(place) != made:
                self.set_aside(place)
                temporary.replace(place)
            return made
        finally:
            temporary.unlink(missing_ok=True)

    def duplicate(self, origin: Path, place: Path) -> None:
        """A further name of a file in a place where none is, or a copy where the disk has no hard links.

        Raises FileNotFoundError when the file is gone, OSError.
        """
        temporary = links.beside(place)
        try:
            self._duplicate(origin, temporary, lambda _: None)
            temporary.replace(place)
        finally:
            temporary.unlink(missing_ok=True)

    def is_shown(self, folder: RepoFolder, commit: str, path: str, size: int) -> bool:
        """Whether a snapshot shows a file of the right size."""
        try:
            return self.layout.snapshot(folder, commit, path).stat().st_size == size
        except (FileNotFoundError, NotADirectoryError):
            return False

    def show(self, folder: RepoFolder, commit: str, path: str, digest: Digest) -> None:
        """Let a snapshot show a blob under its path. Raises UnsafeName."""
        place, blob = self.layout.snapshot(folder, commit, path), self.layout.blob(folder, digest)
        self.clear_way(folder, place)
        place.parent.mkdir(parents=True, exist_ok=True)
        if is_taken(place) and not place.is_symlink() and not place.samefile(blob):
            self.set_aside(place)
        self._show(blob, place)

    def write_ref(self, folder: RepoFolder, name: str, commit: str) -> None:
        """Point a branch or tag at a commit, atomically. Raises UnsafeName."""
        place = self.layout.ref(folder, name)
        self.clear_way(folder, place)
        if place.is_file() and place.read_bytes() == commit.encode():
            return
        _clear_stale_refs(place, self.layout.repository(folder) / "refs")
        place.parent.mkdir(parents=True, exist_ok=True)
        links.replace_text(place, commit)

    def examine_blob(self, folder: RepoFolder, digest: Digest, size: int, check: Callable[[], None]) -> Examined:
        """Whether the bytes in a blob's place really are that blob: read and hashed, ``check`` called now and then."""
        return examine(self.layout.blob(folder, digest), digest, size, lambda _: check())

    def sync_folders(self, folder: RepoFolder, commit: str, paths: Iterable[str]) -> None:
        """Renames and links of these files survive a power cut when this returns."""
        places = {self.layout.snapshot(folder, commit, path).parent for path in paths}
        for directory in {self.layout.repository(folder) / "blobs", self.layout.quarantined, *places}:
            links.sync_directory(directory)

    def set_aside(self, place: Path, seen: Fingerprint | None = None) -> bool:
        """A file that is not what should be in this place goes to the strangers' folder; it is never deleted.

        With ``seen`` only if it still is the file that somebody looked at. Returns whether it went.
        """
        if not is_taken(place):
            return False
        inner = place.is_relative_to(self.layout.private_shelf)
        area = place.relative_to(self.layout.root).parts[1 + inner]  # the repository's folder, or the quarantine
        label = f"{area}--{place.name}"
        if seen is None:
            set_aside(self.layout.foreign, place, label)
            return True
        looked = Fingerprint.of(place.lstat())
        return fingerprint(place) == seen and set_aside_only(self.layout.foreign, place, label, looked)

    def clear_way(self, folder: RepoFolder, place: Path) -> None:
        """Links where a repository should have folders on the way to a place lead out of it: they are set aside."""
        root = self.layout.repository(folder)
        inner = [parent for parent in place.parents if parent != root and parent.is_relative_to(root)]
        for parent in reversed(inner):
            if parent.is_symlink():
                self.set_aside(parent)

    def clear_temporaries(self, before: float) -> int:
        """Delete what killed processes left half done before a moment (seconds since 1970); returns the bytes freed."""
        shown = (blobs for shelf in self.layout.shelves for blobs in shelf.glob("*/blobs"))
        folders = (self.layout.parts, *shown)
        return sum(links.clear_temporaries(folder, before) for folder in folders)


def _is_as_seen(made: Fingerprint, origin: Path, seen: Fingerprint) -> bool:
    """Whether a link is the file that was seen, or a copy was made of it while it stood still."""
    return made == seen or (made.size == seen.size and fingerprint(origin) == seen)


def _clear_stale_refs(place: Path, refs: Path) -> None:
    """git cannot hold ``feature`` and ``feature/x`` together: what stands in the new one's way was deleted upstream."""
    for parent in place.parents:
        if parent != refs and parent.is_relative_to(refs) and parent.is_file():
            parent.unlink()
    if place.is_dir():
        shutil.rmtree(place)
