"""A source in memory: repositories that a test fills, and faults that it asks for."""

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from steelyard.core.digest import Digest
from steelyard.core.errors import SteelyardError
from steelyard.core.ref import Kind
from steelyard.sources.errors import (
    AccessRefused,
    FileMissing,
    RepositoryMissing,
    RevisionMissing,
)
from steelyard.sources.huggingface.shapes import to_document
from steelyard.sources.protocol import RemoteFile, Repository, Resolved
from steelyard.testing.refs import grouped
from steelyard.testing.source_repository import HeldRepository
from steelyard.testing.source_stream import FakeStream, StreamFault, flipped

_LFS_ABOVE = 1024  # small, so that tests have both digests without large files
_COMMITS_A_PAGE = 50


class FakeSource:
    """``Hub`` without a network. Each fault acts once, on the next opening of that path in any repository.

    ``bytes_sent`` counts what left by path, ``opened`` lists (path, offset) in order.
    """

    def __init__(self, hub: str = "huggingface") -> None:
        self.hub = hub
        self.bytes_sent: Counter[str] = Counter()
        self.opened: list[tuple[str, int]] = []
        self.closed = False
        self._shelves: dict[Repository, HeldRepository] = {}
        self._faults: dict[str, StreamFault] = {}
        self._refusals: list[SteelyardError] = []

    def hold(
        self,
        name: str,
        files: Mapping[str, bytes],
        *,
        kind: Kind = Kind.MODEL,
        branch: str = "main",
        tag: str | None = None,
        gated: bool = False,
        document: Mapping[str, Any] | None = None,
    ) -> str:
        """Commit exactly these files on the branch; the commit's hash follows from name and files.

        ``document``: what the hub says about the repository beside its name and commit.
        """
        shelf = self._shelves.setdefault(Repository(kind, name), HeldRepository(name))
        shelf.gated = gated
        shelf.document = shelf.document if document is None else document
        commit = _commit_of(name, files)
        shelf.commit(commit, files, branch)
        if tag is not None:
            shelf.tags[tag] = commit
        return commit

    def cut(self, path: str, after: int) -> None:
        """The next stream of the file breaks after that many bytes."""
        self._faults[path] = replace(self._faults.get(path, StreamFault()), cut_after=after)

    def flip(self, path: str, offset: int) -> None:
        """The next stream of the file has one wrong byte at this offset of the file."""
        self._faults[path] = replace(self._faults.get(path, StreamFault()), flip=offset)

    def ignore_range(self, path: str) -> None:
        """The next stream of the file begins at 0 whatever is asked."""
        self._faults[path] = replace(self._faults.get(path, StreamFault()), ignores_range=True)

    def refuse(self, error: SteelyardError, times: int = 1) -> None:
        """The next calls of any kind raise this error."""
        self._refusals += [error] * times

    async def resolve(self, repository: Repository, revision: str | None) -> Resolved:
        """Find the commit. Raises RepositoryMissing, RevisionMissing, AccessRefused, or what ``refuse`` was told."""
        self._answer_refusal()
        shelf = self._open_shelf(repository)
        commit = shelf.find(revision or "main")
        return Resolved(repository, commit, document=to_document(shelf.describe(commit)))

    async def list_files(self, repository: Repository, commit: str) -> list[RemoteFile]:
        """Every file of a commit, by path. Raises as ``resolve``."""
        self._answer_refusal()
        files = self._files(repository, commit)
        return [_announced(path, files[path]) for path in sorted(files)]

    @asynccontextmanager
    async def open(
        self, repository: Repository, commit: str, file: RemoteFile, offset: int
    ) -> AsyncIterator["FakeStream"]:
        """Stream a file. Raises as ``resolve``, and FileMissing."""
        self._answer_refusal()
        self._open_shelf(repository)
        files = self._files(repository, commit)
        if file.path not in files:
            raise FileMissing(f"{repository.name} has no file {file.path!r}.")
        self.opened.append((file.path, offset))
        fault = self._faults.pop(file.path, StreamFault())
        start = 0 if fault.ignores_range else offset
        yield FakeStream(self.bytes_sent, file.path, flipped(files[file.path], fault.flip), start, fault.cut_after)

    async def refs(self, repository: Repository) -> Mapping[str, Any]:
        """Branches, tags, and those branches that are called refs/pr/… or refs/convert/…. Raises as ``resolve``."""
        self._answer_refusal()
        shelf = self._open_shelf(repository)
        return grouped(shelf.branches, shelf.tags)

    async def commits(self, repository: Repository, revision: str, page: int) -> tuple[list[Mapping[str, Any]], bool]:
        """The history in pages of 50. Raises as ``resolve``."""
        self._answer_refusal()
        shelf = self._open_shelf(repository)
        history = shelf.history(shelf.find(revision))
        start, stop = page * _COMMITS_A_PAGE, (page + 1) * _COMMITS_A_PAGE
        return history[start:stop], stop < len(history)

    async def describe(self, repository: Repository, commit: str, paths: Sequence[str]) -> list[RemoteFile]:
        """Those of the paths that are files. Raises as ``resolve``."""
        self._answer_refusal()
        files = self._files(repository, commit)
        return [_announced(path, files[path]) for path in dict.fromkeys(paths) if path in files]

    async def close(self) -> None:
        """Remember that it was closed."""
        self.closed = True

    def _shelf(self, repository: Repository) -> HeldRepository:
        if repository not in self._shelves:
            raise RepositoryMissing(f"There is no {repository.name}.", hint="hold() it first.")
        return self._shelves[repository]

    def _open_shelf(self, repository: Repository) -> HeldRepository:
        shelf = self._shelf(repository)
        if shelf.gated:
            raise AccessRefused(f"{repository.name} is gated.", hint="hold() it without gated=True.")
        return shelf

    def _files(self, repository: Repository, commit: str) -> dict[str, bytes]:
        shelf = self._shelf(repository)
        if commit not in shelf.commits:
            raise RevisionMissing(f"{repository.name} has no commit {commit!r}.", hint="hold() it first.")
        return shelf.commits[commit]

    def _answer_refusal(self) -> None:
        if self._refusals:
            raise self._refusals.pop(0)


def digest_of(content: bytes) -> Digest:
    """The digest a hub announces: git's for small files, SHA-256 for files of a kilobyte and more."""
    algorithm = Digest("sha256", "0" * 64) if len(content) >= _LFS_ABOVE else Digest("git", "0" * 40)
    hasher = algorithm.hasher(len(content))
    hasher.update(content)
    return replace(algorithm, hex=hasher.hexdigest())


def _announced(path: str, content: bytes) -> RemoteFile:
    return RemoteFile(path, len(content), digest_of(content))


def _commit_of(name: str, files: Mapping[str, bytes]) -> str:
    lines = [name, *(f"{path}\0{digest_of(files[path])}" for path in sorted(files))]
    return hashlib.sha1("\n".join(lines).encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
