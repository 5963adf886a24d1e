"""What the source in memory holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from steelyard.sources.errors import RevisionMissing

_DATE = "2026-01-01T00:00:00.000Z"


@dataclass(slots=True)
class HeldRepository:
    """One repository; the default branch is ``main``. ``parents`` are the commits before each commit."""

    name: str
    gated: bool = False
    document: Mapping[str, Any] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    parents: dict[str, str | None] = field(default_factory=dict)

    def commit(self, oid: str, files: Mapping[str, bytes], branch: str) -> None:
        """Put a commit on top of the branch."""
        self.commits[oid] = dict(files)
        self.parents.setdefault(oid, self.branches.get(branch))
        self.branches[branch] = oid

    def find(self, revision: str) -> str:
        """The commit of a branch, a tag or a commit. Raises RevisionMissing."""
        commit = self.branches.get(revision) or self.tags.get(revision, revision)
        if commit not in self.commits:
            raise RevisionMissing(f"{self.name} has no revision {revision!r}.", hint="hold() it first.")
        return commit

    def describe(self, commit: str) -> dict[str, Any]:
        """What a hub says about it at a commit."""
        told = {"id": self.name, "sha": commit, "private": False, "gated": False, "tags": []}
        return {**told, **self.document}

    def history(self, commit: str) -> list[Mapping[str, Any]]:
        """The commit and those before it, newest first."""
        step: str | None = commit
        found: list[Mapping[str, Any]] = []
        while step is not None:
            found.append({"id": step, "title": "Add files", "message": "", "authors": [], "date": _DATE})
            step = self.parents[step]
        return found
