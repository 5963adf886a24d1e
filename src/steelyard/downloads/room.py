"""When the disk is full: no failure, the job waits for room."""

import errno

from steelyard.core.units import format_size
from steelyard.downloads.errors import DiskFull

_HINT = "Free some space, or lower STEELYARD_STORAGE__KEEP_FREE; the download goes on by itself."


def no_room(needed: int, free: int) -> DiskFull:
    """The disk would get fuller than allowed. ``free`` is what is left above the reserve, maybe negative."""
    have = format_size(max(free, 0))
    return DiskFull(f"It needs {format_size(needed)} and {have} are free above the reserve.", hint=_HINT)


def full_or(error: OSError) -> Exception:
    """DiskFull when the disk says that it is full; any other error of the disk stays what it is."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull("The disk is full.", hint=_HINT)
    return error
