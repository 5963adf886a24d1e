"""What a request to the mirror is about. Every name in here is decoded and checked."""

from dataclasses import dataclass
from typing import Literal

from steelyard.sources.protocol import Repository


@dataclass(frozen=True, slots=True)
class Info:
    """``GET /api/{kind}s/{id}[/revision/{revision}]``."""

    repo: Repository
    revision: str | None


@dataclass(frozen=True, slots=True)
class Tree:
    """``GET …/tree/{revision}[/{folder}]``; the root is an empty text."""

    repo: Repository
    revision: str
    folder: str


@dataclass(frozen=True, slots=True)
class PathsInfo:
    """``POST …/paths-info/{revision}``; the paths are in the form."""

    repo: Repository
    revision: str


@dataclass(frozen=True, slots=True)
class Refs:
    """``GET …/refs``."""

    repo: Repository


@dataclass(frozen=True, slots=True)
class Commits:
    """``GET …/commits/{revision}``."""

    repo: Repository
    revision: str


@dataclass(frozen=True, slots=True)
class AuthCheck:
    """``GET …/auth-check[/write]``."""

    repo: Repository
    write: bool


@dataclass(frozen=True, slots=True)
class XetToken:
    """``GET …/xet-read-token/{revision}`` or ``xet-write-token``: what the mirror never gives."""

    repo: Repository
    revision: str
    write: bool


@dataclass(frozen=True, slots=True)
class FileAt:
    """``GET`` or ``HEAD /[datasets/|spaces/]{id}/resolve/{revision}/{path}``; ``raw`` for ``/raw/``."""

    repo: Repository
    revision: str
    path: str
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Push:
    """A call of ``hf upload`` about one repository; the two with a revision have it, the LFS calls have none."""

    call: Literal["preupload", "commit", "lfs-batch", "lfs-verify"]
    repo: Repository
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class Plain:
    """A call that names no repository."""

    call: Literal["whoami", "agent-harnesses", "telemetry", "repo-create", "repo-delete", "validate-yaml"]


Asked = Info | Tree | PathsInfo | Refs | Commits | AuthCheck | XetToken | FileAt | Push | Plain
