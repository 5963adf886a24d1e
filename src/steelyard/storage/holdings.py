"""What lies in the folder of one repository: what the depot put there, what strangers did, and what it weighs.

A file is ours when the table lists it and it looks as we leave files: a blob that is stored, or one of the right size
that nobody may write to; what shows a blob; a reference to a listed commit. Everything else is a stranger's.
"""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from steelyard.storage.links import is_temporary

_LONGEST_REF = 64
_WRITABLE = 0o222


@dataclass(frozen=True, slots=True)
class ListedBlob:
    """A blob as the table has it; size in bytes."""

    size: int
    stored: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """What the table lists of one repository: blobs by their name, sizes of files by ``commit/path``, commits."""

    blobs: Mapping[str, ListedBlob]
    files: Mapping[str, int]
    commits: frozenset[str]


@dataclass(frozen=True, slots=True)
class Found:
    """One file, link or the like; never a folder. ``size`` in bytes; ``links`` are the names that its bytes have."""

    path: Path
    inside: str
    inode: tuple[int, int]
    size: int
    links: int
    mode: int
    changed: float

    @property
    def is_file(self) -> bool:
        """Whether it has bytes of its own."""
        return stat.S_ISREG(self.mode)

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return stat.S_ISLNK(self.mode)

    @property
    def is_read_only(self) -> bool:
        """Whether nobody may write to it: so we leave blobs, and programs of strangers do not."""
        return not self.mode & _WRITABLE


@dataclass(frozen=True, slots=True)
class Weight:
    """What deleting a repository does to the disk, in bytes: what becomes free, and what others go on holding."""

    frees: int = 0
    shared: int = 0

    def __add__(self, other: "Weight") -> "Weight":
        return Weight(self.frees + other.frees, self.shared + other.shared)


def walk(folder: Path) -> Iterator[Found]:
    """Everything below a folder but folders, links not followed; what vanishes meanwhile is left out."""
    yield from _walk(folder, "")


def look_at(place: Path) -> Found | None:
    """One file or link; None when there is none, or a folder."""
    try:
        about = place.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return None if stat.S_ISDIR(about.st_mode) else _found(place, place.name, about)


def is_ours(found: Found, listed: Listed) -> bool:
    """Whether the depot put it there."""
    top, _, rest = found.inside.partition("/")
    if is_temporary(found.path.name):
        return True
    if top == "blobs":
        return found.is_file and _is_our_blob(found, listed.blobs.get(rest))
    if top == "snapshots":
        return _shows_ours(found, rest, listed)
    return top == "refs" and found.is_file and _text(found) in listed.commits


def ours(folder: Path, listed: Listed) -> Iterator[Found]:
    """What the depot put into a folder."""
    return (found for found in walk(folder) if is_ours(found, listed))


def weigh(files: Iterable[Found]) -> Weight:
    """What deleting exactly these does: bytes with a name elsewhere (another repository's, a stranger's) stay."""
    names: dict[tuple[int, int], int] = {}
    about: dict[tuple[int, int], Found] = {}
    for found in files:
        if found.is_file:
            names[found.inode] = names.get(found.inode, 0) + 1
            about[found.inode] = found
    freed = sum(found.size for inode, found in about.items() if found.links <= names[inode])
    return Weight(freed, sum(found.size for found in about.values()) - freed)


def _is_our_blob(found: Found, blob: ListedBlob | None) -> bool:
    return blob is not None and (blob.stored or _is_as_published(found, blob.size))


def _shows_ours(found: Found, place: str, listed: Listed) -> bool:
    if found.is_link:
        return place in listed.files or _target(found) in listed.blobs
    return found.is_file and place in listed.files and _is_as_published(found, listed.files[place])


def _is_as_published(found: Found, size: int) -> bool:
    return found.size == size and found.is_read_only


def _target(found: Found) -> str:
    """The last part of what a link points to."""
    with suppress(OSError):
        return found.path.readlink().name
    return ""


def _text(found: Found) -> str:
    with suppress(OSError, UnicodeDecodeError):
        return found.path.read_text().strip() if found.size <= _LONGEST_REF else ""
    return ""


def _walk(folder: Path, inside: str) -> Iterator[Found]:
    for entry in _scan(folder):
        name = f"{inside}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(folder / entry.name, f"{name}/")
            continue
        with suppress(FileNotFoundError):
            yield _found(Path(entry.path), name, entry.stat(follow_symlinks=False))


def _scan(folder: Path) -> list[os.DirEntry[str]]:
    """At once, since callers move and delete what they are given."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        return list(entries)
    return []


def _found(path: Path, inside: str, about: os.stat_result) -> Found:
    inode = (about.st_dev, about.st_ino)
    return Found(path, inside, inode, about.st_size, about.st_nlink, about.st_mode, about.st_mtime)
