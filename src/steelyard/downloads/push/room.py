"""A full disk, as whoever pushes hears of it."""

from collections.abc import Iterator
from contextlib import contextmanager

from steelyard.downloads.errors import DiskFull
from steelyard.downloads.push.errors import NoRoom


@contextmanager
def full_disk() -> Iterator[None]:
    """What makes a job wait is told to a person: NoRoom."""
    try:
        yield
    except DiskFull as error:
        raise NoRoom(error.detail, hint="Ask an administrator to free some space, and push again.") from error
