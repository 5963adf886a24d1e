"""Decoding the names within an address. Nothing decodes to a path that leaves its folder."""

from collections.abc import Callable, Sequence
from urllib.parse import unquote

from steelyard.core.errors import SteelyardError
from steelyard.core.ref import InvalidReference, Kind, Reference, parse, parse_revision
from steelyard.dialects.huggingface.missing import EntryUnknown, RepositoryUnknown, RevisionUnknown
from steelyard.sources.protocol import Repository

_MAX_PATH = 4096  # characters, decoded
_REF_SPACES = frozenset({"pr", "convert", "heads", "tags"})  # below ``refs/``


def repository(kind: Kind, segments: Sequence[str]) -> Repository:
    """One or two encoded segments as a repository. Raises RepositoryUnknown."""
    text = "/".join(_decode(segment, _no_repository) for segment in segments)
    try:
        reference = parse(f"{kind.plural}/{text}")
    except InvalidReference as error:
        raise _no_repository(text) from error
    if reference != Reference(text, kind):  # a revision or variant within the name, which the hub's names never have
        raise _no_repository(text)
    return Repository(kind, text)


def split_revision(segments: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The revision that the segments begin with, and the others. Raises RevisionUnknown.

    It is one segment, its slashes encoded; clients that do not encode them send ``refs/pr/1`` as three.
    """
    parts = 3 if is_open_ref(segments) else 1
    return revision("/".join(segments[:parts])), segments[parts:]


def is_open_ref(segments: Sequence[str]) -> bool:
    """Whether a ref with its slashes not encoded stands first."""
    return len(segments) > 2 and segments[0] == "refs" and segments[1] in _REF_SPACES


def revision(raw: str) -> str:
    """An encoded branch, tag, ``refs/…`` or commit. Raises RevisionUnknown."""
    text = _decode(raw, _no_revision)
    try:
        return parse_revision(text)
    except InvalidReference as error:
        raise _no_revision(text) from error


def entry_path(segments: Sequence[str]) -> str:
    """Encoded segments as the path of a file or folder within a repository. Raises EntryUnknown."""
    return checked_path(_decode("/".join(segments), _no_path))


def checked_path(path: str) -> str:
    """A decoded path that stays within its repository. Raises EntryUnknown."""
    if len(path) > _MAX_PATH or "\\" in path or any(ord(letter) < 32 for letter in path):
        raise _no_path(path)
    if any(part in {"", ".", ".."} for part in path.split("/")):
        raise _no_path(path)
    return path


def _decode(raw: str, refuse: Callable[[str], SteelyardError]) -> str:
    try:
        return unquote(raw, errors="strict")
    except UnicodeDecodeError as error:
        raise refuse(raw) from error


def _no_repository(text: str) -> RepositoryUnknown:
    hint = "A name has one or two parts, like 'gpt2' or 'org/name'."
    return RepositoryUnknown(f"{text[:200]!r} is not the name of a repository.", hint=hint)


def _no_revision(text: str) -> RevisionUnknown:
    return RevisionUnknown(f"{text[:200]!r} is not a branch, tag or commit.", hint="Leave it out to get main.")


def _no_path(path: str) -> EntryUnknown:
    hint = "Write the path as the repository lists it, with slashes."
    return EntryUnknown(f"{path[:200]!r} is not the path of a file in a repository.", hint=hint)
