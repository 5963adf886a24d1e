"""Which files of a repository are wanted: shell patterns, as ``hf download`` reads them. Pure."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase


def select(paths: Iterable[str], include: Sequence[str], exclude: Sequence[str]) -> list[str]:
    """The paths that match some ``include`` (all, when there is none) and no ``exclude``."""
    wanted, unwanted = _whole_folders(include), _whole_folders(exclude)
    return [path for path in paths if (not wanted or _matches(path, wanted)) and not _matches(path, unwanted)]


def _whole_folders(patterns: Sequence[str]) -> list[str]:
    return [f"{pattern}*" if pattern.endswith("/") else pattern for pattern in patterns]


def _matches(path: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)
