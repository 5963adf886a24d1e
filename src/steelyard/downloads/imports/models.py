"""What somebody wants imported, and what was found where they pointed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from steelyard.catalog.models import EntryName
from steelyard.catalog.provenance import Origin
from steelyard.core.digest import Digest
from steelyard.storage.fingerprint import Fingerprint


class ImportKind(StrEnum):
    """How a folder is read; ``auto`` is as what it looks like."""

    AUTO = "auto"
    HUGGINGFACE = "huggingface"
    FOLDER = "folder"
    MOUNT = "mount"


@dataclass(frozen=True, slots=True)
class Asked:
    """The payload of an import. ``name`` is for a single plain folder; ``copy`` forbids hard links."""

    path: str
    kind: ImportKind = ImportKind.AUTO
    name: str | None = None
    copy: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that is not imported, by its name below the folder, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file of a revision and where its bytes lie: a real path, links resolved.

    ``claimed`` is the digest that the place's name promises. ``linkable``: a hard link into the store will do.
    """

    path: str
    place: Path
    seen: Fingerprint
    linkable: bool
    claimed: Digest | None = None

    @property
    def size(self) -> int:
        """In bytes, when it was found."""
        return self.seen.size


@dataclass(frozen=True, slots=True)
class FoundRevision:
    """A set of files. ``commit`` is None where it has to be computed from them."""

    commit: str | None
    files: tuple[FoundFile, ...]
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundRef:
    """A branch or tag, and when the hub was asked what it means."""

    commit: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class FoundModel:
    """A model as it was found. ``folder`` is its name below the imported folder; ``refused`` says why it cannot come.

    Of a refused one there may be no name. ``in_store``: the folder lies in the depot's own store.
    """

    folder: str
    name: EntryName | None
    revisions: tuple[FoundRevision, ...] = ()
    refs: Mapping[str, FoundRef] = field(default_factory=dict)
    origin: Origin | None = None
    refused: str | None = None
    in_store: bool = False

    @property
    def is_cached(self) -> bool:
        """Whether its revisions are a hub's."""
        return any(revision.commit is not None for revision in self.revisions)
