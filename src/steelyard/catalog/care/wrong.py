"""A blob whose bytes are not what its name says: what it means for the catalog, and where the bytes go."""

from collections.abc import Sequence
from dataclasses import dataclass

from steelyard.catalog.care.models import Loss, Problem
from steelyard.catalog.models import EntryName, FileState
from steelyard.core.digest import Digest
from steelyard.storage.disk import DiskStorage
from steelyard.storage.fingerprint import Fingerprint
from steelyard.storage.layout import RepoFolder
from steelyard.storage.survey import survey_repository


@dataclass(frozen=True, slots=True)
class Suspect:
    """A blob of an entry that somebody should read: listed with ``size`` bytes, and one of its names is ``path``."""

    entry: int
    name: EntryName
    digest: Digest
    size: int
    path: str
    state: FileState = FileState.STORED
    private: bool = False

    @property
    def folder(self) -> RepoFolder:
        """The folder of its entry."""
        return RepoFolder(self.name.kind, self.name.repo, self.private)

    @property
    def place(self) -> str:
        """Where it lies, relative to the store."""
        if self.state is FileState.QUARANTINED:
            return f".steelyard/quarantine/{self.digest.algorithm}-{self.digest.hex}"
        return f"{self.folder.place}/blobs/{self.digest.hex}"

    def loss(self, seen: Fingerprint | None) -> Loss:
        """What the entry loses when this is all there is."""
        problem, detail = _words(self, seen)
        return Loss(self.entry, problem, self.place, detail, self.size, self.digest, state=self.state)


def put_aside(storage: DiskStorage, suspects: Sequence[Suspect], seen: Fingerprint) -> None:
    """Move the file that was ``seen`` out of the places of these blobs; whatever stands there by now stays.

    Its names in snapshots go too, where those are hard links and not links: nobody shall read it by them.
    """
    for suspect in suspects:
        if storage.set_aside(storage.layout.root / suspect.place, seen) and suspect.state is FileState.STORED:
            _withdraw(storage, suspect.folder, seen)


def put_all_aside(storage: DiskStorage, wrong: Sequence[tuple[Suspect, Fingerprint]]) -> None:
    """Each of these out of its place, when it still is the file that was seen."""
    for suspect, seen in wrong:
        put_aside(storage, [suspect], seen)


def _withdraw(storage: DiskStorage, folder: RepoFolder, seen: Fingerprint) -> None:
    place = storage.layout.repository(folder)
    survey = survey_repository(place)
    for commit, shown in survey.snapshots.items() if survey else ():
        for path, name in shown.items():
            if not name.is_link and name.file is not None and name.file.inode == seen.inode:
                (place / "snapshots" / commit / path).unlink(missing_ok=True)


def _words(suspect: Suspect, seen: Fingerprint | None) -> tuple[Problem, str]:
    if seen is None:
        return Problem.MISSING, f"{suspect.path} is gone."
    if seen.size != suspect.size:
        return Problem.TRUNCATED, f"{suspect.path} has {seen.size} bytes instead of {suspect.size}."
    return Problem.DAMAGED, f"{suspect.path} does not have the bytes that the hub announced: its hash is wrong."
