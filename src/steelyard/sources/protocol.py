"""The seam to outside places. SourceSuite in ``steelyard.testing`` says in tests what is said here in words."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from steelyard.core.digest import Digest
from steelyard.core.ref import Kind


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository of some hub: its kind, and its name as the hub spells it."""

    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a branch or tag means right now. ``repository`` carries the hub's own spelling after a rename.

    ``gated``: the hub asks for the acceptance of a licence, and whoever the depot is there has given it.
    ``document``: the hub's own JSON about the repository at this commit, without its list of files and without
    anything of Xet; it can be written as JSON in UTF-8, in at most 512 KiB. None where the hub has none like that.
    """

    repository: Repository
    commit: str
    gated: bool = False
    document: Mapping[str, Any] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file as the hub announces it: ``size`` in bytes, and the digest its bytes must have."""

    path: str
    size: int
    digest: Digest


class ByteStream(Protocol):
    """Bytes of one file, in order."""

    @property
    def start(self) -> int:
        """The offset of the first byte: as asked for, or 0 when the other side cannot start in the middle."""

    def chunks(self) -> AsyncIterator[bytes]:
        """Non-empty pieces. May end early when the connection is cut: the caller counts.

        Raises UpstreamUnavailable when the connection breaks.
        """


class Source(Protocol):
    """One outside place. Safe to use from many tasks of one event loop."""

    @property
    def hub(self) -> str:
        """The name of the place, as stored with every entry: ``huggingface``."""

    async def resolve(self, repository: Repository, revision: str | None) -> Resolved:
        """Find the commit of a branch, tag or commit; None means the default branch.

        Raises RepositoryMissing, RevisionMissing, AccessRefused, UpstreamBusy or UpstreamUnavailable.
        """

    async def list_files(self, repository: Repository, commit: str) -> list[RemoteFile]:
        """Every file of a commit; the same answer each time. Raises as ``resolve``."""

    def open(
        self, repository: Repository, commit: str, file: RemoteFile, offset: int
    ) -> AbstractAsyncContextManager[ByteStream]:
        """Stream a file from an offset below its size. Raises as ``resolve``, and FileMissing."""

    async def close(self) -> None:
        """Let connections go."""


@runtime_checkable
class Hub(Source, Protocol):
    """A place that keeps repositories with their history, in the shapes of the Hugging Face hub's API.

    What these give out is without anything of Xet. They raise as ``resolve``, and UpstreamNonsense for other shapes.
    """

    async def refs(self, repository: Repository) -> Mapping[str, Any]:
        """``branches``, ``tags``, ``converts`` and ``pullRequests``: lists of objects with a name, the whole ref, and
        the commit as ``targetCommit``."""

    async def commits(self, repository: Repository, revision: str, page: int) -> tuple[list[Mapping[str, Any]], bool]:
        """A page of the history of a revision, newest first, and whether more follow; the first page is 0.

        Each has its commit as ``id``.
        """

    async def describe(self, repository: Repository, commit: str, paths: Sequence[str]) -> list[RemoteFile]:
        """Those of the paths that are files of the commit, each once, in the order of ``paths``.

        For repositories whose whole tree takes too long.
        """
