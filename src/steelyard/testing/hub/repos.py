"""What the stand-in hub holds: repositories, their commits, branches and tags. No wire format, no bytes."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from steelyard.core.ref import Kind
from steelyard.testing.hub.content import StoredFile
from steelyard.testing.hub.errors import EntryNotFound, RepoNotFound, RevisionNotFound

_FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # fixed, so that two runs hold the same
_REF_PREFIXES = ("refs/heads/", "refs/tags/")


@dataclass(frozen=True, slots=True)
class Commit:
    """A snapshot: the whole tree at one moment. ``oid`` is 40 hex digits."""

    oid: str
    parent: str | None
    date: datetime
    files: Mapping[str, StoredFile]

    def file(self, path: str) -> StoredFile:
        """The file at ``path``. Raises EntryNotFound."""
        found = self.files.get(path)
        if found is None:
            raise EntryNotFound("Entry not found", hint=f"{path!r} is not among the files of commit {self.oid}.")
        return found

    def folders(self) -> set[str]:
        """Every folder that a file lies in, the root left out."""
        return {path[:at] for path in self.files for at, letter in enumerate(path) if letter == "/" and at}


@dataclass(slots=True)
class Repo:
    """A repository and everything that was ever added to it. A private one is hidden from whoever has no token."""

    kind: Kind
    repo_id: str
    gated: bool = False
    private: bool = False
    card: Mapping[str, object] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def at(self, revision: str) -> Commit:
        """The commit behind a hash, a branch or a tag (also as ``refs/…``). Raises RevisionNotFound."""
        oid = revision if revision in self.commits else self._named(revision)
        if oid is None:
            raise RevisionNotFound(
                f"Invalid rev id: {revision}", hint=f"{self.repo_id} has {', '.join([*self.branches, *self.tags])}."
            )
        return self.commits[oid]

    def history(self, commit: Commit) -> Iterator[Commit]:
        """The commit and all before it, newest first."""
        step: Commit | None = commit
        while step is not None:
            yield step
            step = self.commits[step.parent] if step.parent else None

    def commit(self, files: Mapping[str, StoredFile], branch: str) -> Commit:
        """Put a new commit with exactly these files on top of the branch (a new branch starts from nothing)."""
        parent = self.branches.get(branch)
        date = _FIRST_DAY + timedelta(seconds=len(self.commits))
        commit = Commit(_commit_oid(self, parent, files), parent, date, dict(files))
        self.commits.setdefault(commit.oid, commit)
        self.branches[branch] = commit.oid
        return commit

    def _named(self, revision: str) -> str | None:
        name = revision
        for prefix in _REF_PREFIXES:
            name = name.removeprefix(prefix)
        return self.branches.get(name) or self.tags.get(name)


class Repos:
    """All repositories, by kind and name."""

    def __init__(self) -> None:
        self._repos: dict[tuple[Kind, str], Repo] = {}

    def find(self, kind: Kind, repo_id: str) -> Repo:
        """The repository. Raises RepoNotFound."""
        repo = self._repos.get((kind, repo_id))
        if repo is None:
            raise RepoNotFound("Repository not found", hint=f"hub.add({repo_id!r}, files) makes it.")
        return repo

    def open(self, kind: Kind, repo_id: str) -> Repo:
        """The repository, made when there is none."""
        return self._repos.setdefault((kind, repo_id), Repo(kind, repo_id))


def _commit_oid(repo: Repo, parent: str | None, files: Mapping[str, StoredFile]) -> str:
    lines = [repo.kind.value, repo.repo_id, parent or "", *(f"{path}\0{files[path].sha256}" for path in sorted(files))]
    return hashlib.sha1("\n".join(lines).encode(), usedforsecurity=False).hexdigest()
