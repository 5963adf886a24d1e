"""Steps of a file system that readers see whole or not at all: made beside their place, then renamed into it."""

import os
import re
import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

READ_ONLY = 0o444
_COPY_STEP = 4 * 1024 * 1024
_TEMPORARY = re.compile(r"\.(?:[0-9a-z]+-[0-9a-f]+\.)?[0-9a-f]{24}\.new")
Step = Callable[[int], None]
Duplicate = Callable[[Path, Path, Step], None]


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
    try:
        duplicate(blob, temporary, lambda _: None)
        temporary.replace(place)
    finally:
        temporary.unlink(missing_ok=True)  # a rename onto another name of the same file does nothing


def duplicate(origin: Path, copied: Path, step: Step) -> None:
    """A second name of the same bytes; ``copy_bytes`` on another file system, or on one without hard links."""
    try:
        copied.hardlink_to(origin)
    except OSError:
        copy_bytes(origin, copied, step)


def copy_bytes(origin: Path, copied: Path, step: Step) -> None:
    """A synced copy in a new file. ``step`` hears before each piece how many bytes are left, and may raise.

    What was copied until then stays: whoever asked for it deletes it. Raises OSError.
    """
    with origin.open("rb") as old, copied.open("xb") as new:
        left = os.fstat(old.fileno()).st_size
        step(left)
        while block := old.read(_COPY_STEP):
            new.write(block)
            left -= len(block)
            step(max(left, 0))
        new.flush()
        os.fsync(new.fileno())
    shutil.copystat(origin, copied)  # a copy of ours is known by its size and time
    copied.chmod(READ_ONLY)


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


def beside(place: Path, label: str = "") -> Path:
    """A free name in the same folder that nobody else can have, on whatever host; it begins with ``.{label}``."""
    # Without the name itself: with it the longest names that a disk takes would not fit.
    return place.with_name(f".{label}{secrets.token_hex(12)}.new")


def is_temporary(name: str) -> bool:
    """Whether ``beside`` made this name: what a killed process leaves."""
    return _TEMPORARY.fullmatch(name) is not None


def clear_temporaries(folder: Path, before: float) -> int:
    """Delete what stands in a folder under such a name since before a moment (seconds since 1970).

    Returns the bytes of those that had no other name.
    """
    freed = 0
    for path in [path for path in folder.iterdir() if is_temporary(path.name)]:
        with suppress(FileNotFoundError):
            about = path.lstat()
            # A link has the times of its bytes; only the last one tells when it came.
            if max(about.st_mtime, about.st_ctime) < before:
                path.unlink()
                freed += about.st_size if about.st_nlink == 1 else 0
    return freed
