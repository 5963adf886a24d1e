"""What really lies in a repository's folder, found by looking and not by reading: names, sizes, inodes, times, links.

Nothing here judges. A folder that cannot be read raises: unknown is not missing.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from steelyard.storage.fingerprint import Fingerprint, fingerprint

_REF_BYTES = 200  # a commit has 40; whatever is longer names none
# The Hugging Face library notes in .no_exist which files a repository does not have, in trees which it has.
_KNOWN = frozenset({"blobs", "snapshots", "refs", ".no_exist", "trees"})


class Shown(NamedTuple):
    """One name in a snapshot: a link to one of the folder's ``blob``s, a link to elsewhere, or a file of its own.

    ``file`` is what a reader gets who opens a link to elsewhere or a file; None behind a link to nothing, and for links
    to blobs, which are looked at once and not again for each link.
    """

    is_link: bool
    blob: str | None
    file: Fingerprint | None


@dataclass(slots=True)
class RepositorySurvey:
    """One folder of the cache. ``blobs`` by name, ``snapshots`` by commit and path, ``refs`` by name.

    ``others`` lie beside these three, by path.
    """

    blobs: dict[str, Fingerprint] = field(default_factory=dict)
    snapshots: dict[str, dict[str, Shown]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    others: dict[str, Fingerprint] = field(default_factory=dict)

    def files(self) -> Iterator[Fingerprint]:
        """Every file that takes room of its own, hard links as often as they have names here."""
        yield from self.blobs.values()
        yield from self.others.values()
        for snapshot in self.snapshots.values():
            for shown in snapshot.values():
                if not shown.is_link and shown.file is not None:
                    yield shown.file


def survey_repository(folder: Path) -> RepositorySurvey | None:
    """Look at a repository's folder; None when it is not there. Raises OSError when it cannot be read."""
    if not folder.exists():
        return None
    found = RepositorySurvey()
    for entry in _scan(folder / "blobs"):
        seen = fingerprint(Path(entry.path)) if entry.is_symlink() else _of(entry)
        if seen is not None and not entry.is_dir(follow_symlinks=True):
            found.blobs[entry.name] = seen
    for commit in _scan(folder / "snapshots"):
        found.snapshots[commit.name] = _snapshot(folder / "blobs", commit)
    for path, entry in _walk(folder / "refs", ""):
        found.refs[path] = _text(Path(entry.path))
    found.others = _others(folder)
    return found


def names_in(folder: Path) -> dict[str, bool]:
    """The names in a folder, and whether each is a folder itself. Raises OSError, also when there is no folder."""
    with os.scandir(folder) as entries:
        return {entry.name: entry.is_dir(follow_symlinks=True) for entry in entries}


def files_in(folder: Path) -> dict[str, Fingerprint]:
    """The files in one folder by their names; nothing when there is no folder. Raises OSError."""
    found = ((entry.name, _of(entry)) for entry in _scan(folder) if entry.is_file(follow_symlinks=False))
    return {name: file for name, file in found if file is not None}


def files_below(folder: Path) -> Iterator[Fingerprint]:
    """Every file below a folder but links; nothing when there is no folder. Raises OSError."""
    for _, entry in _walk(folder, ""):
        if entry.is_file(follow_symlinks=False) and (seen := _of(entry)) is not None:
            yield seen


def is_empty(folder: Path) -> bool:
    """Whether there is nothing in a folder but further folders. Raises OSError."""
    return next(_walk(folder, ""), None) is None


def bytes_once(files: Iterator[Fingerprint], counted: set[int]) -> int:
    """Bytes of files whose inodes were not ``counted`` yet; they are then."""
    total = 0
    for file in files:
        if file.inode not in counted:
            counted.add(file.inode)
            total += file.size
    return total


def _snapshot(blobs: Path, commit: os.DirEntry[str]) -> dict[str, Shown]:
    if not commit.is_dir(follow_symlinks=False):
        return {"": _shown(blobs, commit)}
    return {path: _shown(blobs, entry) for path, entry in _walk(commit.path, "")}


def _shown(blobs: Path, entry: os.DirEntry[str]) -> Shown:
    if not entry.is_symlink():
        return Shown(is_link=False, blob=None, file=_of(entry))
    # Strings take a quarter of the time that pathlib does, and there are many of these.
    above, target = entry.path.rpartition(os.sep)[0], os.readlink(entry.path)  # noqa: PTH115
    folder, _, name = os.path.normpath(f"{above}{os.sep}{target}").rpartition(os.sep)
    if folder == str(blobs) and not os.path.isabs(target):  # noqa: PTH117
        return Shown(is_link=True, blob=name, file=None)
    return Shown(is_link=True, blob=None, file=fingerprint(Path(entry.path)))


def _of(entry: os.DirEntry[str]) -> Fingerprint | None:
    try:
        return Fingerprint.of(entry.stat(follow_symlinks=False))
    except FileNotFoundError:  # gone since the folder was listed
        return None


def _others(folder: Path) -> dict[str, Fingerprint]:
    beside = [entry for entry in _scan(folder) if entry.name not in _KNOWN]
    there = [(entry.name, entry) for entry in beside if not entry.is_dir(follow_symlinks=False)]
    for inner in beside:
        if inner.is_dir(follow_symlinks=False):
            there += _walk(inner.path, f"{inner.name}/")
    return {path: seen for path, entry in there if (seen := _of(entry)) is not None}


def _text(place: Path) -> str:
    try:
        with place.open("rb") as file:
            return file.read(_REF_BYTES).decode("utf-8", "replace").strip()
    except FileNotFoundError:
        return ""


def _walk(folder: Path | str, prefix: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    for entry in _scan(folder):
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, f"{prefix}{entry.name}/")
        else:
            yield f"{prefix}{entry.name}", entry


def _scan(folder: Path | str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []
