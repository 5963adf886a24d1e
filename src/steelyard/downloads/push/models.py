"""What pushing deals in: commits, what a commit changes, and bytes that are to come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from steelyard.catalog.models import Entry
from steelyard.core.digest import Digest

MAIN = "main"  # the branch that every repository begins with, and that cannot be deleted
MAX_REGULAR_BYTES = 1024 * 1024  # larger files come by themselves, hashed as they come
MAX_OPERATIONS = 25_000  # of one commit; the hub's clients split far below that


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of a pushed repository; ``message`` is what stands below the title."""

    oid: str
    parent: str | None
    title: str
    message: str
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Header:
    """What somebody says about a commit. ``parent`` is the head they have seen, None when they do not care."""

    title: str
    message: str = ""
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """A small file, with its bytes."""

    path: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Put:
    """A file whose bytes are here already; ``size`` is None where nobody said it."""

    path: str
    digest: Digest
    size: int | None


@dataclass(frozen=True, slots=True)
class Remove:
    """A file that goes, or a folder with all that is in it."""

    path: str
    is_folder: bool = False


@dataclass(frozen=True, slots=True)
class Copy:
    """A file under one more name; it is copied from a branch, tag or commit, None is the commit's own parent."""

    source: str
    path: str
    revision: str | None = None


Change = Put | Remove | Copy
Operation = Content | Change


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a commit came to: ``commit`` is the branch's head now; ``held`` are files that wait in quarantine."""

    entry: Entry
    commit: str
    held: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Upload:
    """Leave to send the bytes of one blob for one repository, until ``expires_at``."""

    entry: int
    digest: Digest
    size: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """One object of a batch. ``ticket`` is None where the bytes are here; ``refusal`` says why they cannot come."""

    digest: Digest
    size: int
    ticket: str | None = None
    refusal: str | None = None
