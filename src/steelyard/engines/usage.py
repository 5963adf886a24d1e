"""What a process and all that it started use, by Linux's ``/proc``."""

import os
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")


def memory_of_tree(pid: int, proc: Path = _PROC) -> int | None:
    """Resident bytes of a process and its descendants; None where nobody can tell, or it is gone.

    Pages that two of them share count twice.
    """
    sizes = [size for one in tree(pid, proc) if (size := _resident(one, proc)) is not None]
    return sum(sizes) if sizes else None


def tree(pid: int, proc: Path = _PROC) -> Iterator[int]:
    """A process and its descendants."""
    yield pid
    for child in _children(pid, proc):
        yield from tree(child, proc)


def _children(pid: int, proc: Path) -> list[int]:
    found: list[int] = []
    for listing in (proc / str(pid) / "task").glob("*/children"):
        try:
            found += [int(text) for text in listing.read_text().split()]
        except OSError:
            continue  # a thread that has just ended
    return found


def _resident(pid: int, proc: Path) -> int | None:
    """Format: proc_pid_statm(5), the second number in pages."""
    try:
        pages = int((proc / str(pid) / "statm").read_text().split()[1])
    except (OSError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
