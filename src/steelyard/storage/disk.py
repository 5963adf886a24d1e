"""The store on a disk: from part file to blob to snapshot, each step atomic.

A reader sees a file only after its hash was right: the part is synced, renamed to its blob, and only then linked into
the snapshot.
"""

import os
import shutil
import threading
from collections.abc import Callable, Iterable
from itertools import count
from pathlib import Path

from steelyard.core.digest import Digest
from steelyard.storage.layout import Layout, RepoFolder
from steelyard.storage.part import PartFile

_READ_ONLY = 0o444
_OURS = 0o600
_HASH_STEP = 64 * 1024 * 1024


class DiskStorage:
    """The effects on one store. Synchronous: callers run it in threads.

    ``link`` is how a snapshot shows a blob: a relative symbolic link, or a copy where links are unwanted.
    ``free_bytes`` is handed in so that a full disk can be rehearsed.
    """

    def __init__(self, root: Path, *, symlinks: bool = True, free_bytes: Callable[[Path], int] | None = None) -> None:
        self.layout = Layout(root)
        self._show = _symlink if symlinks else _copy
        self._free_bytes = free_bytes or (lambda path: shutil.disk_usage(path).free)
        self.layout.create()

    def free_bytes(self) -> int:
        """Bytes that can still be written to the store's file system."""
        return self._free_bytes(self.layout.root)

    def open_part(self, digest: Digest) -> PartFile:
        """The part file of a blob, created when it is not there. Raises OSError."""
        path = self.layout.part(digest)
        if path.exists():
            path.chmod(_OURS)  # a crash just before publishing leaves it read-only
        return PartFile(path)

    def part_size(self, digest: Digest) -> int:
        """Bytes of the blob that came in on an earlier try."""
        try:
            return self.layout.part(digest).stat().st_size
        except FileNotFoundError:
            return 0

    def list_parts(self, before: float) -> dict[Digest, int]:
        """The part files last written before a moment (seconds since 1970), with their sizes."""
        found = ((_part_digest(path), path.stat()) for path in self.layout.parts.glob("*.part"))
        return {digest: stat.st_size for digest, stat in found if digest is not None and stat.st_mtime < before}

    def discard_part(self, digest: Digest) -> None:
        """Throw away what came in."""
        self.layout.part(digest).unlink(missing_ok=True)

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

    def publish_part(self, digest: Digest, folder: RepoFolder) -> None:
        """Make a verified and synced part the repository's blob."""
        target = self.layout.blob(folder, digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        self._keep_stranger(target)
        part = self.layout.part(digest)
        part.chmod(_READ_ONLY)
        part.replace(target)

    def quarantine_part(self, digest: Digest) -> None:
        """Put a verified part where nobody loads it."""
        self.layout.part(digest).replace(self.layout.quarantine(digest))

    def share_blob(self, source: RepoFolder, target: RepoFolder, digest: Digest) -> None:
        """Give a second repository the same bytes without a second copy: a hard link, where the disk has them."""
        origin, copy = self.layout.blob(source, digest), self.layout.blob(target, digest)
        copy.parent.mkdir(parents=True, exist_ok=True)
        self._keep_stranger(copy)
        _hard_link(origin, copy)

    def is_shown(self, folder: RepoFolder, commit: str, path: str, size: int) -> bool:
        """Whether a snapshot shows a file of the right size."""
        try:
            return self.layout.snapshot(folder, commit, path).stat().st_size == size
        except (FileNotFoundError, NotADirectoryError):
            return False

    def show(self, folder: RepoFolder, commit: str, path: str, digest: Digest) -> None:
        """Let a snapshot show a blob under its path. Raises UnsafeName."""
        place = self.layout.snapshot(folder, commit, path)
        place.parent.mkdir(parents=True, exist_ok=True)
        self._show(self.layout.blob(folder, digest), place)

    def write_ref(self, folder: RepoFolder, name: str, commit: str) -> None:
        """Point a branch or tag at a commit, atomically. Raises UnsafeName."""
        place = self.layout.ref(folder, name)
        if place.is_file() and place.read_text() == commit:
            return
        _clear_stale_refs(place, self.layout.hub / folder.name / "refs")
        place.parent.mkdir(parents=True, exist_ok=True)
        _replace_text(place, commit)

    def verify_blob(self, folder: RepoFolder, digest: Digest, size: int, check: Callable[[], None]) -> bool:
        """Whether the bytes in a blob's place really are that blob: read and hashed, ``check`` called now and then."""
        hasher, done = digest.hasher(size), 0
        with PartFile.read_only(self.layout.blob(folder, digest)) as blob:
            while step := blob.hash_into(hasher, done, _HASH_STEP):
                check()
                done += step
        return done == size and hasher.hexdigest() == digest.hex

    def sync_folders(self, folder: RepoFolder, commit: str, paths: Iterable[str]) -> None:
        """Renames and links of these files survive a power cut when this returns."""
        places = {self.layout.snapshot(folder, commit, path).parent for path in paths}
        for directory in {self.layout.hub / folder.name / "blobs", self.layout.quarantined, *places}:
            _sync_directory(directory)

    def _keep_stranger(self, place: Path) -> None:
        """A file we did not write stood in a blob's place: it is set aside, never deleted."""
        if place.exists():
            name = f"{place.parent.parent.name}--{place.name}"
            free = (spot for n in count() if not (spot := self.layout.foreign / f"{name}--{n:04d}").exists())
            place.replace(next(free))


def _part_digest(path: Path) -> Digest | None:
    try:
        return Digest.parse(path.stem.replace("-", ":", 1))
    except ValueError:  # not one of ours
        return None


def _clear_stale_refs(place: Path, refs: Path) -> None:
    """git cannot hold ``feature`` and ``feature/x`` together: what stands in the new one's way was deleted upstream."""
    for parent in place.parents:
        if parent != refs and parent.is_relative_to(refs) and parent.is_file():
            parent.unlink()
    if place.is_dir():
        shutil.rmtree(place)


def _symlink(blob: Path, place: Path) -> None:
    target = os.path.relpath(blob, place.parent)
    if place.is_symlink() and str(place.readlink()) == target:
        return
    temporary = _beside(place)
    temporary.symlink_to(target)
    temporary.replace(place)


def _copy(blob: Path, place: Path) -> None:
    temporary = _beside(place)
    _hard_link(blob, temporary)
    temporary.replace(place)


def _hard_link(origin: Path, copy: Path) -> None:
    try:
        copy.hardlink_to(origin)
    except OSError:  # another file system, or one without hard links
        temporary = _beside(copy)
        shutil.copyfile(origin, temporary)
        with PartFile.read_only(temporary) as copied:
            copied.sync()
        temporary.chmod(_READ_ONLY)
        temporary.replace(copy)


def _replace_text(place: Path, text: str) -> None:
    temporary = _beside(place)
    with temporary.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(place)


def _sync_directory(directory: Path) -> None:
    if os.name == "nt" or not directory.exists():  # Windows syncs the entry with the file
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _beside(place: Path) -> Path:
    # Without the name itself: with it the longest names that a disk takes would not fit.
    temporary = place.with_name(f".{os.getpid()}-{threading.get_ident()}.new")
    temporary.unlink(missing_ok=True)
    return temporary
