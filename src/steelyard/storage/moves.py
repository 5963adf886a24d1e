"""Files from one folder to another, and strangers' out of the way; empty folders are left nowhere."""

import os
from contextlib import suppress
from itertools import count
from pathlib import Path

_LONGEST_NAME = 240  # bytes, with room for a number behind


def is_taken(place: Path) -> bool:
    """Whether anything stands there, be it a link to nothing."""
    return os.path.lexists(place)


def move(path: Path, place: Path) -> None:
    """Move a file; its new folder is made if need be."""
    place.parent.mkdir(parents=True, exist_ok=True)
    path.rename(place)


def set_aside(foreign: Path, place: Path, label: str) -> None:
    """Move what a stranger left into the folder for that, under a free name that begins with ``label``."""
    short = label.encode()[:_LONGEST_NAME].decode(errors="ignore")
    places = (foreign / f"{short}--{number:04d}" for number in count())
    place.rename(next(free for free in places if not is_taken(free)))


def in_the_way(place: Path, root: Path) -> list[Path]:
    """What stands at ``place``, or where a folder on the way to it from ``root`` must be; the outermost last."""
    above = [parent for parent in place.parents if parent.is_relative_to(root)]
    return [one for one in above if one.is_symlink() or one.is_file()] or [place] * is_taken(place)


def prune(folder: Path) -> None:
    """Remove the folders below that are empty, and this one if it is then."""
    if folder.is_dir() and not folder.is_symlink():
        for inner in list(folder.iterdir()):
            prune(inner)
        with suppress(OSError):  # not empty, or gone already
            folder.rmdir()
