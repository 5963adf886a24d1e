"""Files of a repository, made for tests."""

import hashlib
from collections.abc import Iterable

from steelyard.catalog.models import File, FileState
from steelyard.core.digest import Digest

COMMIT = "c" * 40


def git_file(path: str, content: bytes = b"{}") -> File:
    """A file that git holds itself."""
    oid = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    return File(path, len(content), Digest("git", oid), FileState.LISTED)


def lfs_file(path: str, size: int = 548_123_560) -> File:
    """A file that git holds a pointer of."""
    return File(path, size, Digest("sha256", hashlib.sha256(path.encode()).hexdigest()), FileState.STORED)


def git_files(paths: Iterable[str]) -> list[File]:
    """A small file at each path."""
    return [git_file(path, path.encode()) for path in paths]
