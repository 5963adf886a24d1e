"""What comes in, and where it belongs."""

from dataclasses import dataclass

from steelyard.catalog.models import EntryName, FileState, Revision
from steelyard.downloads.imports.models import FoundFile
from steelyard.downloads.imports.report import Way
from steelyard.downloads.plan import Blob
from steelyard.downloads.reuse import Taken
from steelyard.storage.adopt import Adopter
from steelyard.storage.disk import DiskStorage
from steelyard.storage.layout import RepoFolder


@dataclass(frozen=True, slots=True)
class Goal:
    """Where blobs belong; ``folder`` is the one in the store."""

    name: EntryName
    folder: RepoFolder
    revision: Revision


@dataclass(frozen=True, slots=True)
class Parcel:
    """A blob, and a file that has its bytes. ``sure``: they were read, so that a link needs no more reading.

    ``way`` is how it should come, or has come in an earlier attempt; a link that the disk refuses becomes a copy.
    """

    blob: Blob
    file: FoundFile
    sure: bool = False
    way: Way = Way.LINK

    @property
    def state(self) -> FileState:
        """What its files will be: one that may execute code waits for an administrator."""
        return FileState.QUARANTINED if self.blob.is_pickle else FileState.STORED


@dataclass(frozen=True, slots=True)
class Placed:
    """A blob that is in. ``read``: the stranger's file is known to have its bytes."""

    parcel: Parcel
    taken: Taken
    way: Way
    read: bool


def show(storage: DiskStorage, goal: Goal, blob: Blob, state: FileState) -> None:
    """Let the snapshot show what may be shown; what waits for an administrator is shown to nobody."""
    for path in blob.paths:
        if state is FileState.STORED:
            storage.show(goal.folder, goal.revision.commit, path, blob.digest)
        else:
            Adopter(storage).hide(goal.folder, goal.revision.commit, path, blob.digest)
