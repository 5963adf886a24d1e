"""Which kind of file system a place lies on."""

from pathlib import Path


def file_system(path: Path, mounts: str) -> str | None:
    """The kind of file system a path lies on, from the text of ``/proc/mounts``."""
    rows = [line.split() for line in mounts.splitlines()]
    holding = [(row[1], row[2]) for row in rows if len(row) > 2 and path.is_relative_to(row[1])]
    return max(holding, key=lambda pair: len(pair[0]))[1] if holding else None
