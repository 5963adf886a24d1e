"""Whether what the tables say is here can be read right now: one ``stat`` a file."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from steelyard.catalog.blobs import Seal
from steelyard.catalog.models import EntryName, File, FileState
from steelyard.core.digest import Digest
from steelyard.storage.disk import DiskStorage
from steelyard.storage.fingerprint import fingerprint
from steelyard.storage.layout import RepoFolder

logger = logging.getLogger(__name__)
Seals = Mapping[Digest, Seal]
Look = Callable[[Callable[[], bool]], Awaitable[bool]]  # runs something that only looks in a thread


@dataclass(frozen=True, slots=True)
class Claimed:
    """Files of one revision that the tables say are here."""

    name: EntryName
    folder: RepoFolder
    commit: str
    files: Sequence[File]
    seals: Seals


class Sight:
    """Looks at the disk for whoever is about to say that something is here."""

    def __init__(self, storage: DiskStorage, look: Look) -> None:
        self._storage = storage
        self._look = look

    async def sees(self, claimed: Claimed) -> bool:
        """Whether every one of these files can be read now, and is as it was when its hash was right."""
        return await self._look(lambda: self._sees_all(claimed))

    def _sees_all(self, claimed: Claimed) -> bool:
        try:
            return all(self._sees(claimed, file) for file in claimed.files)
        except OSError:  # a disk that does not let itself be read has nothing for anybody
            logger.warning("cannot look at the files of %s", claimed.name, exc_info=True)
            return False

    def _sees(self, claimed: Claimed, file: File) -> bool:
        folder = claimed.folder
        if file.state is FileState.STORED and file.digest not in claimed.seals:  # from before there were seals
            return self._storage.is_shown(folder, claimed.commit, file.path, file.size)
        return is_there(self._storage, folder, claimed.commit, file, claimed.seals)


def is_there(storage: DiskStorage, folder: RepoFolder, commit: str, file: File, seals: Seals) -> bool:
    """Whether a file can be read where its state says, and is the one whose hash was right: link and blob.

    What waits in quarantine is ours alone, so there its size tells enough.
    """
    if file.state is FileState.QUARANTINED:
        return storage.has_quarantined(file.digest, file.size)
    seal = seals.get(file.digest)
    if file.state is FileState.LISTED or seal is None or seal.file.size != file.size:
        return False
    place = storage.layout.snapshot(folder, commit, file.path)
    seen = fingerprint(place)
    if seen is None or seen == seal.file:
        return seen is not None
    is_copy = (seen.size, seen.mtime_ns) == (seal.file.size, seal.file.mtime_ns)
    return is_copy and not place.is_symlink()
