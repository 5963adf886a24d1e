"""The seam to outside places. SourceSuite in ``steelyard.testing`` says in tests what is said here in words."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

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
    """

    repository: Repository
    commit: str
    gated: bool = False


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
