"""Steps of a file system that readers see whole or not at all: made beside their place, then renamed into it."""

import os
import secrets
import shutil
from pathlib import Path

from steelyard.storage.part import PartFile

READ_ONLY = 0o444


def symlink(blob: Path, place: Path) -> None:
    """Let ``place`` be a relative link to a blob."""
    target = os.path.relpath(blob, place.parent)
    if place.is_symlink() and str(place.readlink()) == target:
        return
    temporary = beside(place)
    temporary.symlink_to(target)
    temporary.replace(place)


def copy(blob: Path, place: Path) -> None:
    """Let ``place`` hold the blob's bytes, shared with it where the disk can."""
    temporary = beside(place)
    hard_link(blob, temporary)
    temporary.replace(place)


def hard_link(origin: Path, copied: Path) -> None:
    """A second name of the same bytes; a synced copy on another file system, or on one without hard links."""
    try:
        copied.hardlink_to(origin)
    except OSError:
        temporary = beside(copied)
        shutil.copyfile(origin, temporary)
        with PartFile.read_only(temporary) as file:
            file.sync()
        shutil.copystat(origin, temporary)  # a copy of ours is known by its size and time
        temporary.chmod(READ_ONLY)
        temporary.replace(copied)


def replace_text(place: Path, text: str) -> None:
    """A small file's new content, on the disk when this returns."""
    temporary = beside(place)
    with temporary.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(place)


def sync_directory(directory: Path) -> None:
    """Renames and links in a folder survive a power cut when this returns."""
    if os.name == "nt" or not directory.exists():  # Windows syncs the entry with the file
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def beside(place: Path) -> Path:
    """A free name in the same folder that nobody else can have, on whatever host."""
    # Without the name itself: with it the longest names that a disk takes would not fit.
    return place.with_name(f".{secrets.token_hex(12)}.new")
