"""Finds bytes that need not be fetched: from before a crash, or held for another repository or revision."""

from collections.abc import Callable, Mapping, Sequence

from steelyard.catalog.models import EntryName, FileState
from steelyard.core.digest import Digest
from steelyard.downloads.plan import Blob
from steelyard.storage.disk import DiskStorage
from steelyard.storage.layout import RepoFolder

Holders = Mapping[Digest, Sequence[EntryName]]


class Reuse:
    """Looks for blobs in the store and puts them into one repository's folder. Synchronous, for worker threads.

    ``holders`` are the entries that, as the table has it, hold a blob; ``check`` raises when the lease is lost.
    """

    def __init__(self, storage: DiskStorage, folder: RepoFolder, holders: Holders, check: Callable[[], None]) -> None:
        self._storage = storage
        self._folder = folder
        self._holders = holders
        self._check = check

    def take(self, blob: Blob) -> FileState | None:
        """What the blob is now, or None when it must be fetched."""
        self._check()
        if blob.is_pickle:
            return FileState.QUARANTINED if self._storage.has_quarantined(blob.digest, blob.size) else None
        if self._linked(blob) or self._adopted(blob):
            return FileState.STORED
        return None

    def _linked(self, blob: Blob) -> bool:
        """Bytes that the table knows were verified when they came."""
        for holder in self._holders.get(blob.digest, ()):
            folder = RepoFolder(holder.kind, holder.repo)
            if self._storage.has_blob(folder, blob.digest, blob.size):
                if folder != self._folder:
                    self._storage.share_blob(folder, self._folder, blob.digest)
                return True
        return False

    def _adopted(self, blob: Blob) -> bool:
        """Bytes that the table does not know: published just before a crash, or put there by a stranger. Hash them."""
        there = self._storage.has_blob(self._folder, blob.digest, blob.size)
        return there and self._storage.verify_blob(self._folder, blob.digest, blob.size, self._check)
