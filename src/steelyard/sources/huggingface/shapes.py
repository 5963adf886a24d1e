"""What the hub says becomes paths and rows, so it is believed only in the form that it must have. Pure.

Each raises UpstreamNonsense for another form; some leave a missing field to KeyError or TypeError, which mean the same.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from steelyard.core.digest import Digest
from steelyard.core.ref import InvalidReference, Kind, is_commit, parse
from steelyard.sources.errors import UpstreamNonsense
from steelyard.sources.protocol import RemoteFile, Repository, Resolved

LONGEST_DOCUMENT = 512 * 1024  # bytes of JSON
_REFS = ("branches", "tags", "converts", "pullRequests")
_COMMITS_A_PAGE = 50  # the hub's default


def to_resolved(kind: Kind, info: Any) -> Resolved:
    """The answer about a repository."""
    if not isinstance(info, dict):
        raise UpstreamNonsense("The hub describes a repository by something that is no object.")
    repository = Repository(kind, _name(info.get("id")))
    return Resolved(repository, _commit(info.get("sha")), bool(info.get("gated")), to_document(info))


def to_document(info: Mapping[str, Any]) -> dict[str, Any] | None:
    """The description without its files and without Xet; None when it is too long or cannot be written as JSON."""
    try:
        document = without_xet({key: value for key, value in info.items() if key != "siblings"})
        written = json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):  # a number that is none, half a surrogate pair, lists in lists
        return None
    return document if len(written) <= LONGEST_DOCUMENT else None


def without_xet(value: Any) -> Any:
    """The same JSON without any key of Xet, at any depth.

    A client that finds ``xetHash`` fetches the bytes from Xet's store, past whoever told it.
    """
    if isinstance(value, dict):
        return {key: without_xet(item) for key, item in value.items() if not key.lower().startswith(("xet", "x-xet"))}
    if isinstance(value, list):
        return [without_xet(item) for item in value]
    return value


def to_file(entry: Any) -> RemoteFile | None:
    """An entry of a tree; None for a folder."""
    if entry["type"] != "file":
        return None
    path, lfs = entry["path"], entry.get("lfs")
    size, oid = (entry["size"], entry["oid"]) if lfs is None else (lfs["size"], lfs["oid"])
    if not _is_path(path):
        raise UpstreamNonsense("The hub announces a file whose name is no text.")
    try:
        digest = Digest("git" if lfs is None else "sha256", oid)
    except (ValueError, TypeError) as error:
        raise UpstreamNonsense(f"The hub announces {path[:120]!r} with a hash that is none.") from error
    if not _is_size(size):
        raise UpstreamNonsense(f"The hub announces {path[:120]!r} with an impossible size.")
    return RemoteFile(path, size, digest)


def to_refs(answer: Any) -> dict[str, Any]:
    """Branches, tags, conversions and pull requests; what the hub leaves out is empty."""
    refs = {name: _list(answer.get(name) or [], "refs") for name in _REFS}
    for ref in (ref for listed in refs.values() for ref in listed):
        _commit(ref["targetCommit"])
        if not (_is_path(ref["name"]) and _is_path(ref["ref"])):
            raise UpstreamNonsense("The hub names a branch or tag by something that is no text.")
    return refs


def to_commits(answer: Any) -> list[Mapping[str, Any]]:
    """A page of a history."""
    commits = _list(answer, "commits")
    for commit in commits:
        _commit(commit["id"])
    return commits


def more_follow(links: Mapping[Any, Any], total: str | None, page: int, listed: int) -> bool:
    """Whether a history goes on behind page ``page`` (from 0) with ``listed`` commits.

    By ``Link: rel="next"``, else by ``X-Total-Count``, with which an empty page may still follow.
    """
    if links:
        return "next" in links
    known = total is not None and total.isdecimal() and len(total) < 19
    return bool(listed) and known and page * _COMMITS_A_PAGE + listed < int(total or 0)


def _list(answer: Any, what: str) -> list[Mapping[str, Any]]:
    """The objects in a list, ready to be written as JSON again."""
    if not isinstance(answer, Sequence) or not all(isinstance(item, dict) for item in answer):
        raise UpstreamNonsense(f"The hub lists {what} by something that is no list of objects.")
    try:
        listed: list[Mapping[str, Any]] = without_xet(list(answer))
        json.dumps(listed, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise UpstreamNonsense(f"The hub lists {what} in words that cannot be passed on.") from error
    return listed


def _commit(value: object) -> str:
    if not isinstance(value, str) or not is_commit(value):
        raise UpstreamNonsense(f"The hub names {str(value)[:60]!r} as a commit.")
    return value


def _name(value: object) -> str:
    try:
        reference = parse(value) if isinstance(value, str) else None
    except InvalidReference:
        reference = None
    if reference is None or reference.bare != reference or reference.name != value or reference.entry_key is not None:
        raise UpstreamNonsense(f"The hub names {str(value)[:60]!r} as a repository.")
    return reference.name


def _is_path(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(value.encode())
    except UnicodeEncodeError:
        return False


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63
