"""What can be wrong in the store, and what came of looking for it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from steelyard.catalog.models import EntryName, FileState
from steelyard.core.digest import Digest


class Problem(StrEnum):
    """What is wrong; each with one line of meaning."""

    MISSING = "missing"
    TRUNCATED = "truncated"
    DAMAGED = "damaged"
    FOREIGN_REPOSITORY = "foreign_repository"
    FOREIGN_FILE = "foreign_file"
    DANGLING_LINK = "dangling_link"
    STRAY_REF = "stray_ref"
    UNFINISHED = "unfinished"
    UNREADABLE = "unreadable"

    @property
    def meaning(self) -> str:
        """What the word means, in one line."""
        return _MEANINGS[self]


_MEANINGS = {
    Problem.MISSING: "a file that was here is gone; the model is no longer complete",
    Problem.TRUNCATED: "a file had another size than it should; it was set aside",
    Problem.DAMAGED: "a file had other bytes than it should; it was set aside",
    Problem.FOREIGN_REPOSITORY: "a repository that another program put into the store; the catalog does not know it",
    Problem.FOREIGN_FILE: "a file that another program put into a model's folder; it was left alone",
    Problem.DANGLING_LINK: "a link that another program made and that points to nothing",
    Problem.STRAY_REF: "a branch or tag that names a revision nobody has",
    Problem.UNFINISHED: "a download that another program began in the store and did not end",
    Problem.UNREADABLE: "a folder that the depot may not read or that the disk refuses; nothing in it was judged",
}
# The model lost something: open until it is complete again. Anything else is open for as long as it is seen.
LOSSES = (Problem.MISSING, Problem.TRUNCATED, Problem.DAMAGED)
WRONG_BYTES = (Problem.TRUNCATED, Problem.DAMAGED)


@dataclass(frozen=True, slots=True)
class Stray:
    """Something that nobody can rely on and nobody loses by. ``path`` is relative to the store, ``size`` in bytes."""

    problem: Problem
    path: str
    detail: str
    entry: int | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    """Files of an entry that the catalog believes in and that are not there, or not right.

    It is about all files of the entry in ``state``: with ``digest`` only those with these bytes, with ``revision`` only
    those of that revision, with ``names`` only the ones under these paths.
    """

    entry: int
    problem: Problem
    path: str
    detail: str
    size: int | None = None
    digest: Digest | None = None
    revision: int | None = None
    names: tuple[str, ...] = ()
    state: FileState = FileState.STORED


@dataclass(frozen=True, slots=True)
class Finding:
    """One row: what is or was wrong, with which model if with any; ``job`` is the one that found it."""

    id: int
    problem: Problem
    path: str
    detail: str
    model: EntryName | None
    size: int | None
    job: str | None
    found_at: datetime
    resolved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many blobs were right, wrong (in size or hash) and gone; ``strays`` are findings that cost nothing."""

    right: int
    damaged: int
    missing: int
    strays: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """One verification or scan that came to its end."""

    job: str
    kind: str
    model: str | None
    outcome: Outcome
    started_at: datetime
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes on the disk, each inode once, in this order: what hard links share with the hub counts there. ``hub`` is
    both shelves, the private one too."""

    hub: int
    quarantine: int
    trash: int
    parts: int
    foreign: int


@dataclass(frozen=True, slots=True)
class StoreRecord:
    """What is remembered of the store: its own name, and what the last scan counted."""

    identity: str | None = None
    usage: Usage | None = None
    scanned_at: datetime | None = None
