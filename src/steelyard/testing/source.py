"""A source in memory: repositories that a test fills, and faults that it asks for."""

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from steelyard.core.digest import Digest
from steelyard.core.errors import SteelyardError
from steelyard.core.ref import Kind
from steelyard.sources.errors import (
    AccessRefused,
    FileMissing,
    RepositoryMissing,
    RevisionMissing,
    UpstreamUnavailable,
)
from steelyard.sources.protocol import RemoteFile, Repository, Resolved

_LFS_ABOVE = 1024  # small, so that tests have both digests without large files
_PIECE = 64 * 1024


@dataclass(slots=True)
class _Shelf:
    """One repository. ``names`` are branches and tags; the default branch is ``main``."""

    gated: bool = False
    names: dict[str, str] = field(default_factory=dict)
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Fault:
    """What goes wrong the next time a file is opened."""

    cut_after: int | None = None
    flip: int | None = None
    ignores_range: bool = False


class FakeSource:
    """``Source`` without a network. Each fault acts once, on the next opening of that path in any repository.

    ``bytes_sent`` counts what left by path, ``opened`` lists (path, offset) in order.
    """

    def __init__(self, hub: str = "huggingface") -> None:
        self.hub = hub
        self.bytes_sent: Counter[str] = Counter()
        self.opened: list[tuple[str, int]] = []
        self.closed = False
        self._shelves: dict[Repository, _Shelf] = {}
        self._faults: dict[str, _Fault] = {}
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
    ) -> str:
        """Commit exactly these files on the branch; the commit's hash follows from name and files."""
        shelf = self._shelves.setdefault(Repository(kind, name), _Shelf())
        shelf.gated = gated
        commit = _commit_of(name, files)
        shelf.commits[commit] = dict(files)
        shelf.names[branch] = commit
        if tag is not None:
            shelf.names[tag] = commit
        return commit

    def cut(self, path: str, after: int) -> None:
        """The next stream of the file breaks after that many bytes."""
        self._faults[path] = replace(self._faults.get(path, _Fault()), cut_after=after)

    def flip(self, path: str, offset: int) -> None:
        """The next stream of the file has one wrong byte at this offset of the file."""
        self._faults[path] = replace(self._faults.get(path, _Fault()), flip=offset)

    def ignore_range(self, path: str) -> None:
        """The next stream of the file begins at 0 whatever is asked."""
        self._faults[path] = replace(self._faults.get(path, _Fault()), ignores_range=True)

    def refuse(self, error: SteelyardError, times: int = 1) -> None:
        """The next calls of any kind raise this error."""
        self._refusals += [error] * times

    async def resolve(self, repository: Repository, revision: str | None) -> Resolved:
        """Find the commit. Raises RepositoryMissing, RevisionMissing, AccessRefused, or what ``refuse`` was told."""
        self._answer_refusal()
        shelf = self._open_shelf(repository)
        commit = shelf.names.get(revision or "main", revision)
        if commit not in shelf.commits:
            raise RevisionMissing(f"{repository.name} has no revision {revision!r}.", hint="hold() it first.")
        return Resolved(repository, commit)

    async def list_files(self, repository: Repository, commit: str) -> list[RemoteFile]:
        """Every file of a commit, by path. Raises as ``resolve``."""
        self._answer_refusal()
        files = self._files(repository, commit)
        return [RemoteFile(path, len(files[path]), digest_of(files[path])) for path in sorted(files)]

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
        fault = self._faults.pop(file.path, _Fault())
        start = 0 if fault.ignores_range else offset
        yield FakeStream(self.bytes_sent, file.path, _flipped(files[file.path], fault.flip), start, fault.cut_after)

    async def close(self) -> None:
        """Remember that it was closed."""
        self.closed = True

    def _shelf(self, repository: Repository) -> _Shelf:
        if repository not in self._shelves:
            raise RepositoryMissing(f"There is no {repository.name}.", hint="hold() it first.")
        return self._shelves[repository]

    def _open_shelf(self, repository: Repository) -> _Shelf:
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


class FakeStream:
    """The bytes of one opening."""

    def __init__(self, sent: Counter[str], path: str, content: bytes, start: int, cut_after: int | None) -> None:
        self.start = start
        self._sent = sent
        self._path = path
        self._content = content
        self._stop = len(content) if cut_after is None else min(len(content), start + cut_after)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Pieces of at most 64 KiB. Raises UpstreamUnavailable where ``cut`` said so."""
        for position in range(self.start, self._stop, _PIECE):
            piece = self._content[position : min(position + _PIECE, self._stop)]
            self._sent[self._path] += len(piece)
            yield piece
        if self._stop < len(self._content):
            raise UpstreamUnavailable(f"The stream of {self._path!r} was cut.", hint="It was asked for with cut().")


def digest_of(content: bytes) -> Digest:
    """The digest a hub announces: git's for small files, SHA-256 for files of a kilobyte and more."""
    algorithm = Digest("sha256", "0" * 64) if len(content) >= _LFS_ABOVE else Digest("git", "0" * 40)
    hasher = algorithm.hasher(len(content))
    hasher.update(content)
    return replace(algorithm, hex=hasher.hexdigest())


def _commit_of(name: str, files: Mapping[str, bytes]) -> str:
    lines = [name, *(f"{path}\0{digest_of(files[path])}" for path in sorted(files))]
    return hashlib.sha1("\n".join(lines).encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def _flipped(content: bytes, offset: int | None) -> bytes:
    if offset is None:
        return content
    return content[:offset] + bytes([content[offset] ^ 0xFF]) + content[offset + 1 :]
