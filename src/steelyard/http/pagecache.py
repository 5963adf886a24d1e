"""Whether a file's bytes lie in memory: what lies there is sent at once, what does not is read by a thread first."""

import os

_STEP = 256 * 1024  # the kernel reads ahead, and lets go of, about so much at a time


def is_cached(descriptor: int, start: int, count: int) -> bool:
    """Whether the page cache holds the bytes, by samples; False where nobody can tell (not Linux, tmpfs, old NFS).

    A sample is one byte read with RWF_NOWAIT, which fails where the disk would have to be asked: 0.3 µs each.
    """
    if not hasattr(os, "RWF_NOWAIT") or count <= 0:
        return count <= 0
    byte = [bytearray(1)]
    last = start + count - 1
    try:
        for offset in range(start, last, _STEP):
            os.preadv(descriptor, byte, offset, os.RWF_NOWAIT)
        os.preadv(descriptor, byte, last, os.RWF_NOWAIT)
    except OSError:  # EAGAIN: not there; EOPNOTSUPP: this file system cannot tell
        return False
    return True


def read_ahead(descriptor: int, start: int, count: int) -> None:
    """Return when the bytes are in the page cache; the same number behind them is on its way then. For a thread."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, start, 2 * count, os.POSIX_FADV_WILLNEED)
    os.pread(descriptor, count, start)
