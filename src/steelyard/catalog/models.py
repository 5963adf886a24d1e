"""Entries of the catalog and what hangs on them."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from steelyard.core.digest import Digest
from steelyard.core.ids import catalog_id
from steelyard.core.ref import Kind, Reference
from steelyard.storage.layout import RepoFolder

MODEL_TOPIC = "model"  # the signal that something about an entry changed
TRASH_TOPIC = "trash"  # the signal that an entry was deleted or restored, or went to the other shelf
FOLDER_HUB = "folder"  # the hub of entries that came from a folder of this machine: there is nobody to ask for more
DEPOT_HUB = "depot"  # the hub of entries that people pushed here: this depot is where they come from
LOCAL_HUBS = frozenset({FOLDER_HUB, DEPOT_HUB})  # behind these nobody can be asked for more


class ModelStatus(StrEnum):
    """Where an entry stands; computed from its files and jobs, never set by hand."""

    DOWNLOADING = "downloading"
    PARTIAL = "partial"
    READY = "ready"
    FAILED = "failed"
    QUARANTINED = "quarantined"
    DELETED = "deleted"

    @property
    def meaning(self) -> str:
        """What the word means, in one line."""
        return _MEANINGS[self]


_MEANINGS = {
    ModelStatus.DOWNLOADING: "its first revision is on its way",
    ModelStatus.PARTIAL: "some files are here, but no set that anybody asked for is complete",
    ModelStatus.READY: "verified, and complete for what was asked",
    ModelStatus.FAILED: "the last try to bring it failed or was called off, and nothing of it is here",
    ModelStatus.QUARANTINED: "all its weights are pickle files that wait for an administrator",
    ModelStatus.DELETED: "in the trash",
}


class FileState(IntEnum):
    """What became of a file that the hub lists; the number is stored."""

    LISTED = 0
    STORED = 1
    QUARANTINED = 2


@dataclass(frozen=True, slots=True)
class EntryName:
    """What makes an entry unique: where it comes from, what it is, and its name there."""

    hub: str
    kind: Kind
    repo: str

    @property
    def is_from_folder(self) -> bool:
        """Whether only an import can bring its files, and no pull."""
        return self.hub == FOLDER_HUB

    @property
    def is_pushed(self) -> bool:
        """Whether people pushed it here."""
        return self.hub == DEPOT_HUB

    def __str__(self) -> str:
        return str(Reference(self.repo, self.kind))


@dataclass(frozen=True, slots=True)
class FirstDownload:
    """Who asked first, of the requests that waited on the first download that succeeded.

    The address is None where it was not written down: records that an import took over.
    """

    by: str
    at: datetime
    address: str | None


@dataclass(frozen=True, slots=True)
class Variant:
    """One usable choice of files in a revision: a quantisation of a GGUF repository. Size of its weights in bytes."""

    name: str
    size: int
    is_default: bool


@dataclass(frozen=True, slots=True)
class Traits:
    """What a model's own files tell about it; None where they do not."""

    architecture: str | None = None
    parameters: int | None = None
    quantization: str | None = None
    context_length: int | None = None
    license: str | None = None


@dataclass(frozen=True, slots=True)
class Trash:
    """An entry in the trash: since when, by whom, when it goes for good, and when it went."""

    at: datetime
    by: str | None
    purge_after: datetime | None
    purged_at: datetime | None

    @property
    def is_restorable(self) -> bool:
        """Whether all of it is still there."""
        return self.purge_after is not None and self.purged_at is None

    @property
    def is_purged(self) -> bool:
        """Whether nothing but the row is left."""
        return self.purged_at is not None

    def is_due(self, now: datetime) -> bool:
        """Whether it is to be purged: its time is over, or its files are going already."""
        return not self.is_purged and (self.purge_after is None or self.purge_after <= now)


@dataclass(frozen=True, slots=True)
class Entry:
    """One model, dataset or space. ``size`` is the bytes of its files that are here, each blob once."""

    id: int
    name: EntryName
    title: str
    description: str | None
    tags: list[str]
    owner: str | None
    active: bool
    private: bool
    pinned: bool
    status: ModelStatus
    format: str | None
    traits: Traits
    size: int
    first_download: FirstDownload | None
    download_count: int
    uses: int
    first_used_at: datetime | None
    last_used_at: datetime | None
    created_at: datetime
    trash: Trash | None

    @property
    def deleted_at(self) -> datetime | None:
        """Since when it is in the trash."""
        return self.trash.at if self.trash else None

    @property
    def folder(self) -> RepoFolder:
        """Its folder in the store."""
        return RepoFolder(self.name.kind, self.name.repo, self.private)

    @property
    def public_id(self) -> str:
        """The id in addresses: ``m~…``."""
        return catalog_id(self.id)


@dataclass(frozen=True, slots=True)
class Revision:
    """One commit of an entry. ``completed_at`` is set when a set of files that was asked for was complete.

    ``variants`` are known from when its files were listed; ``problems`` (what is wrong with a file's header, in words)
    are empty until the files were read.
    ``files_partial``: an import found these files, and the hub was not asked whether there are more.
    """

    id: int
    entry: int
    commit: str
    completed_at: datetime | None
    job: str | None
    variants: tuple[Variant, ...] = ()
    problems: tuple[str, ...] = ()
    files_partial: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """One file of a revision as the hub announced it, and whether it is here."""

    path: str
    size: int
    digest: Digest
    state: FileState
