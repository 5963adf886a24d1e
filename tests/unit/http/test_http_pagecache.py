"""What lies in memory, and what has to be read first."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from steelyard.http.pagecache import is_cached, read_ahead

SIZE = 6_000_000


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    """A file on a disk, out of memory."""
    path = tmp_path / "blob"
    path.write_bytes(bytes(SIZE))
    descriptor = os.open(path, os.O_RDONLY)
    if not hasattr(os, "RWF_NOWAIT") or not is_cached(descriptor, 0, SIZE):
        pytest.skip("nobody can tell on this file system")
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    if is_cached(descriptor, 0, SIZE):
        pytest.skip("this file system keeps everything in memory")
    yield descriptor
    os.close(descriptor)


def test_what_was_read_ahead_lies_in_memory(file: int) -> None:
    read_ahead(file, 1_000_000, 2_000_000)
    assert is_cached(file, 1_000_000, 2_000_000)


def test_a_hole_in_the_middle_is_seen(file: int) -> None:
    read_ahead(file, 0, SIZE)
    os.posix_fadvise(file, 2_000_000, 1_000_000, os.POSIX_FADV_DONTNEED)
    assert not is_cached(file, 0, SIZE)
    assert is_cached(file, 0, 1_000_000)


def test_behind_the_end_lies_nothing_that_is_missing(file: int) -> None:
    read_ahead(file, 0, SIZE)
    assert is_cached(file, SIZE - 1, 10)
    assert is_cached(file, 0, 0)


def test_where_nobody_can_tell_it_counts_as_missing() -> None:
    reader, writer = os.pipe()  # no offsets there at all
    assert not is_cached(reader, 0, 10)
    os.close(reader)
    os.close(writer)
