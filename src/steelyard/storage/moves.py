"""Files from one folder to another, and strangers' out of the way; empty folders are left nowhere."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from steelyard.storage.fingerprint import Fingerprint

_LONGEST_NAME = 230  # bytes, with room for a token behind


def is_taken(place: Path) -> bool:
    """Whether anything stands there, be it a link to nothing."""
    return os.path.lexists(place)


def move(path: Path, place: Path) -> None:
    """Move a file; its new folder is made if need be."""
    place.parent.mkdir(parents=True, exist_ok=True)
    path.rename(place)


def set_aside(foreign: Path, place: Path, label: str) -> Path:
    """Move what a stranger left into the folder for that, under a free name that begins with ``label``."""
    short = label.encode()[:_LONGEST_NAME].decode(errors="ignore")
    return place.rename(foreign / f"{short}--{secrets.token_hex(8)}")


def set_aside_only(foreign: Path, place: Path, label: str, looked: Fingerprint) -> bool:
    """The same for one very file, links not followed; whatever stands there by now instead goes back."""
    try:
        away = set_aside(foreign, place, label)
    except FileNotFoundError:
        return False
    if Fingerprint.of(away.lstat()) == looked:
        return True
    _put_back(away, place)
    return False


def _put_back(away: Path, place: Path) -> None:
    """What has come to the place meanwhile stays there, and what was set aside stays aside."""
    try:
        os.link(away, place, follow_symlinks=False)
    except FileExistsError:
        return
    except OSError:  # a folder, or a disk without hard links
        if not is_taken(place):
            away.rename(place)
        return
    away.unlink()


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
