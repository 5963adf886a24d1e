"""What the hub refuses, in its own words: the class names travel as ``X-Error-Code``.

HubError
├── RepoNotFound 404
├── RevisionNotFound 404
├── EntryNotFound 404
├── GatedRepo 401
└── BadRule 400 (a fault rule that makes no sense)
"""

from collections.abc import Mapping
from typing import ClassVar

from steelyard.core.errors import SteelyardError


class HubError(SteelyardError):
    """The base of the stand-in hub's refusals; the class name is the wire's error code."""

    status: ClassVar[int] = 500

    def __init__(self, detail: str, *, hint: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail, hint=hint)
        self.headers = dict(headers or {})

    @property
    def code(self) -> str:
        """What goes into ``X-Error-Code``."""
        return type(self).__name__


class RepoNotFound(HubError):
    """No repository of that kind and name."""

    status = 404
    slug = "repo-not-found"
    title = "Repository not found"


class RevisionNotFound(HubError):
    """The repository has no such branch, tag or commit."""

    status = 404
    slug = "revision-not-found"
    title = "Invalid rev id"


class EntryNotFound(HubError):
    """The commit has no such file or folder."""

    status = 404
    slug = "entry-not-found"
    title = "Entry not found"


class GatedRepo(HubError):
    """The repository's files need an accepted token."""

    status = 401
    slug = "gated-repo"
    title = "Access to this repository is restricted"


class BadRule(HubError):
    """A fault rule with an unknown name or the wrong values."""

    status = 400
    slug = "bad-rule"
    title = "That is no fault rule"
