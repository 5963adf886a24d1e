"""Looks at a place for files that may not be there yet, and leaves nothing behind."""

import os
from pathlib import Path


def nearest(path: Path) -> Path:
    """The path, or the first folder above it that is there."""
    return next(place for place in (path, *path.parents) if os.access(place, os.F_OK))


def can_be_written(path: Path) -> bool:
    """Whether files can be made in a folder, or in the one that would hold it."""
    place = nearest(path)
    return place.is_dir() and os.access(place, os.W_OK | os.X_OK)


def try_link(folder: Path) -> None:
    """Make a symbolic link and take it away again. Raises OSError where the file system has none."""
    link = folder / f".steelyard-link-probe-{os.getpid()}"
    try:
        link.symlink_to("nowhere")
    finally:
        link.unlink(missing_ok=True)
