"""What the mirror shows of a repository."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from steelyard.catalog.blobs import Seal
from steelyard.catalog.models import Entry, EntryName, File, Revision
from steelyard.sources.protocol import Repository


@dataclass(frozen=True, slots=True)
class Named:
    """What a client names: a repository, and a branch, tag or commit of it; None is the default branch."""

    repository: Repository
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class Sealed:
    """A file of the tables; ``seal`` is what is known of its bytes in the store, None where they are not here."""

    file: File
    seal: Seal | None


@dataclass(frozen=True, slots=True)
class Placed:
    """A commit of a repository. ``entry`` and ``revision`` are what the shelf has of it, None where it has nothing.

    ``document`` is the hub's own description, None where it is not known without a further look. ``asked`` is the file
    that was looked for with it: a look at the tables costs more than what is read there.
    """

    name: EntryName
    commit: str
    entry: Entry | None = None
    revision: Revision | None = None
    document: Mapping[str, Any] | None = None
    gated: bool = False
    asked: Sealed | None = None

    @property
    def repository(self) -> Repository:
        """The repository at its hub."""
        return Repository(self.name.kind, self.name.repo)


@dataclass(frozen=True, slots=True)
class Shown:
    """A repository at one commit, with its files by path; ``document`` is empty where nobody knows one."""

    name: EntryName
    commit: str
    files: Sequence[File]
    document: Mapping[str, Any] = field(default_factory=dict)
    gated: bool = False
    private: bool = False
    entry: int | None = None
