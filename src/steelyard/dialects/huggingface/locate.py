"""From the raw path behind the mirror's door to what is asked.

A repository's id has one or two segments and so has no end of its own: it ends where the word of a call stands. The
second place is tried first, because ids of two segments are the common ones.
"""

from collections.abc import Sequence

from steelyard.core.ref import Kind
from steelyard.dialects.huggingface.asked import (
    Asked,
    AuthCheck,
    Commits,
    FileAt,
    Info,
    PathsInfo,
    Plain,
    Push,
    Refs,
    Tree,
    XetToken,
)
from steelyard.dialects.huggingface.missing import no_call
from steelyard.dialects.huggingface.names import entry_path, is_open_ref, repository, split_revision
from steelyard.sources.protocol import Repository

_KINDS = {kind.plural: kind for kind in Kind}
_PLAIN: dict[str, Plain] = {
    "whoami-v2": Plain("whoami"),
    "agent-harnesses": Plain("agent-harnesses"),
    "repos/create": Plain("repo-create"),
    "repos/delete": Plain("repo-delete"),
    "validate-yaml": Plain("validate-yaml"),
}
_WITH_REVISION = frozenset(
    {"revision", "tree", "paths-info", "commits", "xet-read-token", "xet-write-token", "preupload", "commit"}
)
_FILES = frozenset({"resolve", "raw"})


def locate(rest: str) -> Asked:
    """Read the raw path behind the door. Raises RepositoryUnknown, RevisionUnknown, EntryUnknown, CallUnknown."""
    segments = rest.removeprefix("/").split("/")
    asked = _api(_without_end(segments[1:])) if segments[0] == "api" else _behind_kind(segments)
    if asked is None:
        raise no_call(rest)
    return asked


def _api(segments: Sequence[str]) -> Asked | None:
    if segments and segments[0] == "telemetry":
        return Plain("telemetry")
    kind = _KINDS.get(segments[0]) if segments else None
    return _PLAIN.get("/".join(segments)) if kind is None else _about(kind, segments[1:])


def _about(kind: Kind, segments: Sequence[str]) -> Asked | None:
    at = next((place for place in (2, 1) if _is_call(segments[place:])), None)
    if at is not None:
        return _call(repository(kind, segments[:at]), segments[at], segments[at + 1 :])
    return Info(repository(kind, segments), None) if len(segments) in {1, 2} else None


def _is_call(segments: Sequence[str]) -> bool:
    """Whether a call's word stands first, with as much behind it as the call takes."""
    word, behind = segments[0] if segments else "", len(segments) - 1
    if word == "tree":
        return behind > 0
    if word in _WITH_REVISION:
        return behind == 1 or (behind == 3 and is_open_ref(segments[1:]))
    return (word == "refs" and behind == 0) or (word == "auth-check" and segments[1:] in ([], ["write"]))


def _call(repo: Repository, word: str, behind: Sequence[str]) -> Asked:
    if word == "refs":
        return Refs(repo)
    if word == "auth-check":
        return AuthCheck(repo, write=bool(behind))
    revision, others = split_revision(behind)
    return _at_revision(repo, word, revision, entry_path(others) if others else "")


def _at_revision(repo: Repository, word: str, revision: str, folder: str) -> Asked:
    match word:
        case "tree":
            return Tree(repo, revision, folder)
        case "paths-info":
            return PathsInfo(repo, revision)
        case "commits":
            return Commits(repo, revision)
        case "xet-read-token" | "xet-write-token":
            return XetToken(repo, revision, write=word == "xet-write-token")
        case "preupload" | "commit":
            return Push("preupload" if word == "preupload" else "commit", repo, revision)
        case _:
            return Info(repo, revision)


def _behind_kind(segments: Sequence[str]) -> Asked | None:
    """``[datasets/|spaces/]{id}/resolve/…`` and ``{id}.git/info/lfs/…``."""
    kind = _KINDS.get(segments[0]) if len(segments) > 1 else None
    below = segments if kind is None else segments[1:]
    return _file(kind or Kind.MODEL, below) or _lfs(kind or Kind.MODEL, below)


def _file(kind: Kind, segments: Sequence[str]) -> FileAt | None:
    at = next((place for place in (2, 1) if segments[place : place + 1] and segments[place] in _FILES), None)
    if at is None or len(segments) < at + 3:
        return None
    revision, others = split_revision(segments[at + 1 :])
    return FileAt(repository(kind, segments[:at]), revision, entry_path(others), raw=segments[at] == "raw")


def _lfs(kind: Kind, segments: Sequence[str]) -> Push | None:
    """git-lfs ``docs/api/batch.md``: the calls stand below ``{id}.git``."""
    at = next((place for place in (1, 2) if segments[place - 1 : place] and segments[place - 1].endswith(".git")), None)
    if at is None:
        return None
    repo = [*segments[: at - 1], segments[at - 1].removesuffix(".git")]
    match list(segments[at:]):
        case ["info", "lfs", "objects", "batch"]:
            return Push("lfs-batch", repository(kind, repo))
        case ["info", "lfs", "objects", "verify"] | ["info", "lfs", "verify"]:
            return Push("lfs-verify", repository(kind, repo))
    return None


def _without_end(segments: Sequence[str]) -> Sequence[str]:
    """A slash at the end means nothing."""
    return segments[:-1] if len(segments) > 1 and not segments[-1] else segments
