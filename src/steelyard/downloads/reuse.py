"""Finds bytes that need not be fetched: from before a crash, or held for another repository or revision.

Nothing is taken for right because a table says so: a file is used as it is when it looks as it did when its hash was
right, and is read again otherwise. What turns out to be wrong goes no further.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from steelyard.catalog.blobs import Holder
from steelyard.catalog.care.wrong import Suspect
from steelyard.catalog.models import EntryName, FileState
from steelyard.core.digest import Digest
from steelyard.downloads.plan import Blob
from steelyard.storage.disk import DiskStorage
from steelyard.storage.examine import examine
from steelyard.storage.fingerprint import Fingerprint, fingerprint
from steelyard.storage.layout import RepoFolder

Holders = Mapping[Digest, Sequence[Holder]]


@dataclass(frozen=True, slots=True)
class Taken:
    """A blob that is here, and its file as it was when its hash was right."""

    state: FileState
    file: Fingerprint


@dataclass(slots=True)
class Learned:
    """What reading told: ``right`` files by entry, and ``wrong`` ones as they were seen."""

    right: list[tuple[int, Digest, Fingerprint]] = field(default_factory=list)
    wrong: list[tuple[Suspect, Fingerprint]] = field(default_factory=list)


class Reuse:
    """Looks for blobs in the store and puts them into one entry's folder. Synchronous, for worker threads.

    ``holders`` are the entries that, as the table has it, hold a blob; ``check`` raises when the lease is lost, and
    ``room`` when so many bytes would not fit. ``passed`` are blobs that may be shown although they may run code: they
    are taken from the shelf as others are. ``closed`` are those that wait in quarantine only for others'
    private models. ``private``: so is this one.
    """

    def __init__(
        self,
        storage: DiskStorage,
        entry: int,
        name: EntryName,
        holders: Holders,
        check: Callable[[], None],
        room: Callable[[int], None],
        passed: Collection[Digest] = (),
        closed: Collection[Digest] = (),
        *,
        private: bool = False,
    ) -> None:
        self.learned = Learned()
        self._storage = storage
        self._entry = entry
        self._name = name
        self._folder = RepoFolder(name.kind, name.repo, private)
        self._closed = closed
        self._holders = holders
        self._check = check
        self._room = room
        self._passed = passed

    def take(self, blob: Blob) -> Taken | None:
        """What the blob is now, or None when it must be fetched."""
        self._check()
        waiting = self._quarantined(blob) if blob.is_pickle and blob.digest not in self._closed else None
        if waiting is not None or (blob.is_pickle and blob.digest not in self._passed):
            return waiting
        known: set[Fingerprint] = set()
        for suspect, seal in self._places(blob):
            right = self._right(suspect, seal, known)
            own = self._own(suspect, right) if right is not None else None
            if own is not None:
                return Taken(FileState.STORED, own)
        return None

    def _quarantined(self, blob: Blob) -> Taken | None:
        """What waits there is our own copy in a folder closed to others, so its size tells enough; a verification
        reads it."""
        seen = fingerprint(self._storage.layout.quarantine(blob.digest))
        return Taken(FileState.QUARANTINED, seen) if seen is not None and seen.size == blob.size else None

    def _places(self, blob: Blob) -> list[tuple[Suspect, Fingerprint | None]]:
        """Where the blob may lie: in its own folder first, whether the table knows it there or not."""
        like = (blob.digest, blob.size, blob.paths[0])
        held = {
            Suspect(holder.entry, holder.name, *like, private=holder.private): holder.seal.file if holder.seal else None
            for holder in self._holders.get(blob.digest, ())
        }
        own = Suspect(self._entry, self._name, *like, private=self._folder.private)
        return [(own, held.pop(own, None)), *held.items()]

    def _right(self, suspect: Suspect, seal: Fingerprint | None, wrong: set[Fingerprint]) -> Fingerprint | None:
        """The file when its bytes are right. A file with several names is read once to be found ``wrong``."""
        place = self._storage.layout.root / suspect.place
        seen = fingerprint(place)
        if seen is None or (seen == seal and seen.size == suspect.size):
            return seen
        if seen not in wrong:
            examined = examine(place, suspect.digest, suspect.size, lambda _: self._check())
            if examined.file is None:
                return None
            seen = examined.file
            if examined.right:
                self.learned.right.append((suspect.entry, suspect.digest, seen))
                return seen
        wrong.add(seen)
        self.learned.wrong.append((suspect, seen))
        return None

    def _own(self, suspect: Suspect, right: Fingerprint) -> Fingerprint | None:
        """The same bytes in the entry's own folder; None when they are not what was found right any more."""
        if suspect.folder == self._folder:
            return right
        with suppress(FileNotFoundError):  # its folder has gone to the trash since
            return self._storage.share_blob(suspect.folder, self._folder, suspect.digest, right, self._step)
        return None

    def _step(self, left: int) -> None:
        self._check()
        self._room(left)
