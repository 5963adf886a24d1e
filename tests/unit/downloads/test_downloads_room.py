"""A full disk is a reason to wait, any other error of the disk is not."""

import errno

import pytest

from steelyard.downloads.errors import DiskFull
from steelyard.downloads.room import full_or, no_room
from steelyard.jobs.models import PauseReason


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_full(number: int) -> None:
    error = full_or(OSError(number, "no"))
    assert isinstance(error, DiskFull)
    assert error.reason is PauseReason.DISK
    assert error.hint


@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES, errno.EROFS])
def test_not_full(number: int) -> None:
    error = OSError(number, "no")
    assert full_or(error) is error


def test_it_says_how_much() -> None:
    assert "64.0 GB" in no_room(64_000_000_000, -5).detail
    assert "0 B" in no_room(64_000_000_000, -5).detail
    assert "STEELYARD_STORAGE__KEEP_FREE" in (no_room(1, 0).hint or "")
