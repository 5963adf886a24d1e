"""What a commit makes of a repository's files, and what it is called. Pure."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from steelyard.catalog.models import File, FileState
from steelyard.downloads.push.errors import BadCommit, no_path
from steelyard.downloads.push.models import Change, Copy, Header, Put, Remove
from steelyard.storage.layout import UnsafeName, safe_path

Tree = Mapping[str, File]
_LONGEST = 1024  # characters of a whole path


def tree_of(files: Iterable[File]) -> dict[str, File]:
    """Files by their path."""
    return {file.path: file for file in files}


def apply(tree: Tree, changes: Sequence[Change], sources: Mapping[str | None, Tree]) -> dict[str, File]:
    """The files after the changes, in their order. ``sources`` are the trees that copies are made from.

    Raises BadCommit, PathMissing and UnsafeName.
    """
    after = dict(tree)
    for change in changes:
        match change:
            case Put():
                after[checked(change.path)] = _file(change)
            case Copy():
                after[checked(change.path)] = _copied(change, sources)
            case Remove():
                _remove(after, change)
    _require_apart(after)
    return after


def checked(path: str) -> str:
    """A path that every system can store below its folder. Raises UnsafeName."""
    if len(path) > _LONGEST:
        raise UnsafeName(f"The path {path[:120]!r}… is longer than {_LONGEST} characters.", hint="Shorten it.")
    return str(safe_path(path))


def is_same(one: Tree, other: Tree) -> bool:
    """Whether two trees hold the same bytes under the same names."""
    return {path: file.digest for path, file in one.items()} == {path: file.digest for path, file in other.items()}


def commit_oid(entry: int, parent: str | None, header: Header, author: str, at: datetime, tree: Tree) -> str:
    """40 hexadecimal digits, as git's are: of the files, the parent, the words and the moment."""
    lines = [f"{file.digest} {file.size} {path}" for path, file in sorted(tree.items())]
    text = "\x00".join((str(entry), parent or "", author, at.isoformat(), header.title, header.message, *lines))
    return hashlib.sha1(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def _file(put: Put) -> File:
    if put.size is None:
        raise BadCommit(f"Nobody has sent the bytes of {put.path[:200]!r}.", hint="Upload them first.")
    return File(put.path, put.size, put.digest, FileState.LISTED)


def _copied(copy: Copy, sources: Mapping[str | None, Tree]) -> File:
    found = sources[copy.revision].get(copy.source)
    if found is None:
        raise no_path(copy.source)
    return File(copy.path, found.size, found.digest, FileState.LISTED)


def _remove(tree: dict[str, File], remove: Remove) -> None:
    path = remove.path.rstrip("/")
    inside = [one for one in tree if one.startswith(f"{path}/")] if remove.is_folder else [path]
    if path in {"", "."} and remove.is_folder:
        inside = list(tree)
    if not inside or any(one not in tree for one in inside):
        raise no_path(remove.path)
    for one in inside:
        del tree[one]


def _require_apart(tree: Tree) -> None:
    """No name is a file and a folder."""
    for path in tree:
        parts = path.split("/")
        clash = next((above for n in range(1, len(parts)) if (above := "/".join(parts[:n])) in tree), None)
        if clash is not None:
            raise BadCommit(f"{clash!r} cannot be a file and a folder.", hint="Delete or rename one of them.")
