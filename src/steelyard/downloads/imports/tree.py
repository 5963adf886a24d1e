"""Walks folders of strangers without leaving them: links out are not followed, what is no regular file is told."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from steelyard.downloads.imports.models import FoundFile, Refusal
from steelyard.downloads.imports.naming import shown
from steelyard.storage.adopt import NO_FILE, UnusableFile, can_link, reason_of
from steelyard.storage.fingerprint import Fingerprint
from steelyard.storage.layout import UnsafeName, safe_path

_MOST = 100_000  # files of one model: far beyond any, and few enough to hold in memory
_KEPT_HIDDEN = ".gitattributes"
LEADS_OUT = "it is a link that leads out of the folder"


@dataclass(frozen=True, slots=True)
class Ground:
    """The folder that may be read, a real path; and the device of the store, to which links could go."""

    root: Path
    device: int

    def file(self, path: str, place: Path) -> FoundFile:
        """A regular file at a real path below the root, to be known as ``path``. Raises UnusableFile."""
        try:
            safe_path(path)
            found = place.lstat()
        except UnsafeName as error:
            raise UnusableFile("its name cannot be stored safely on every system") from error
        except OSError as error:
            raise UnusableFile(reason_of(error)) from error
        if not stat.S_ISREG(found.st_mode):
            raise UnusableFile(NO_FILE)
        return FoundFile(path, place, Fingerprint.of(found), can_link(found, place, self.device))

    def behind(self, link: Path, *within: Path) -> Path:
        """The real path behind a link, below one of these folders. Raises UnusableFile."""
        try:
            place = link.resolve(strict=True)
        except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle, before Python 3.13
            raise UnusableFile("it is a link to nothing") from error
        if not any(place.is_relative_to(folder) for folder in within):
            raise UnusableFile(LEADS_OUT)
        return place


@dataclass(slots=True)
class Tree:
    """The files below a folder, by path, and what of it cannot be taken."""

    files: list[FoundFile] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    def refuse(self, path: str, reason: str) -> None:
        """Something stays out."""
        self.refused.append(Refusal(shown(path), reason))


def walk(folder: Path, ground: Ground) -> Tree:
    """Every file below a folder; links within the ground are followed to files. Hidden names are left out."""
    tree = Tree()
    for path, entry in entries_below(folder, tree, hidden=False):
        if len(tree.files) + len(tree.refused) >= _MOST:
            tree.refuse(path, f"a model cannot have more than {_MOST} files")
            break
        try:
            place = ground.behind(Path(entry.path), ground.root) if entry.is_symlink() else Path(entry.path)
            tree.files.append(ground.file(path, place))
        except UnusableFile as error:
            tree.refuse(path, error.reason)
    return tree


def entries_below(folder: Path, tree: Tree, *, hidden: bool = True) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Everything below a folder that is no folder, with its path; what cannot be listed is refused in ``tree``."""
    waiting = [("", folder)]
    while waiting:
        prefix, place = waiting.pop()
        for entry in _listed(place, prefix, tree):
            if not hidden and not _is_visible(entry):
                continue
            path = f"{prefix}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                waiting.append((f"{path}/", Path(entry.path)))
            else:
                yield path, entry


def folders_in(folder: Path) -> list[Path]:
    """The visible folders directly in a folder, by name; links to folders are none. Raises OSError."""
    with os.scandir(folder) as entries:
        found = [Path(entry.path) for entry in entries if _is_visible(entry) and entry.is_dir(follow_symlinks=False)]
    return sorted(found)


def names_in(folder: Path) -> list[str]:
    """The names of what lies directly in a folder and is no folder. Raises OSError."""
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if _is_visible(entry) and not entry.is_dir(follow_symlinks=False))


def _listed(place: Path, prefix: str, tree: Tree) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(place) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        tree.refuse(prefix or ".", reason_of(error))
        return []


def _is_visible(entry: os.DirEntry[str]) -> bool:
    return not entry.name.startswith(".") or entry.name == _KEPT_HIDDEN
