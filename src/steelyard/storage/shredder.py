"""What is in the trash, deleted for good: file by file, so that it can be stopped and taken up again.

Whatever the depot did not put there itself is never deleted: it goes to ``foreign/`` with its place in the folder.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from steelyard.core.digest import Digest
from steelyard.storage.holdings import Listed, look_at, ours, weigh
from steelyard.storage.layout import Layout, RepoFolder
from steelyard.storage.links import sync_directory
from steelyard.storage.moves import prune, set_aside

Freed = Callable[[int, str], None]


class Shredder:
    """The effects on one store's trash that nothing undoes. Synchronous: callers run it in threads.

    ``name`` is an entry's catalog id. Every verb may be repeated, and finishes what a crash has left half done.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def empty(
        self,
        folder: RepoFolder,
        name: str,
        listed: Listed,
        check: Callable[[], None],
        freed: Freed,
    ) -> None:
        """Delete what is ours, file by file; ``check`` may raise before each, ``freed`` hears of the bytes.

        What strangers left goes to ``foreign/``. The folder is gone when this returns.
        """
        root = self._bin(name)
        for found in ours(root, listed):
            check()
            _delete(found.path, found.inside, freed)
        prune(root)
        if root.is_dir():
            set_aside(self._layout.foreign, root, folder.name)
        self._sync()

    def set_aside_unknown(self, name: str) -> None:
        """A folder in the trash that belongs to no deleted entry: nobody knows what of it is ours."""
        prune(self._bin(name))
        if self._bin(name).is_dir():
            set_aside(self._layout.foreign, self._bin(name), name)

    def weigh_quarantined(self, digests: Iterable[Digest]) -> int:
        """Bytes that these blobs take in quarantine."""
        found = (look_at(self._layout.quarantine(digest)) for digest in digests)
        return weigh(file for file in found if file is not None).frees

    def seize(self, name: str, digest: Digest) -> bool:
        """Take a blob out of quarantine, so that nobody else begins to rely on it; False when there is none.

        Whoever looked before this is known to the table by now: ask it, then ``release`` or ``discard``.
        """
        seized = self._seized(name, digest)
        seized.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            self._layout.quarantine(digest).replace(seized)
        return seized.is_file()

    def has_seized(self, name: str, digest: Digest) -> bool:
        """Whether an attempt that was broken off has left a blob taken away."""
        return self._seized(name, digest).is_file()

    def release(self, name: str, digest: Digest) -> None:
        """Somebody else needs the blob: back into quarantine."""
        self._seized(name, digest).replace(self._layout.quarantine(digest))

    def discard(self, name: str, digest: Digest, freed: Freed) -> None:
        """Nobody needs the blob."""
        _delete(self._seized(name, digest), digest.hex, freed)

    def _bin(self, name: str) -> Path:
        return self._layout.trash / name

    def _seized(self, name: str, digest: Digest) -> Path:
        return self._bin(name) / "quarantine" / self._layout.quarantine(digest).name

    def _sync(self) -> None:
        for directory in (self._layout.trash, self._layout.foreign):
            sync_directory(directory)


def _delete(path: Path, name: str, freed: Freed) -> None:
    found = look_at(path)
    if found is not None:
        path.unlink(missing_ok=True)
        freed(found.size if found.is_file and found.links == 1 else 0, name)
