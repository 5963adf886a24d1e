"""One span of a file on its way into a socket."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from steelyard.http.pagecache import is_cached, read_ahead
from steelyard.http.transfer import WINDOW, ClientLeft, FileShrank, Halt, Transfer
from tests.unit.http.serving import make_file

SIZE = 2 * WINDOW + 5


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A socket that does not block, and its other end."""
    near, far = socket.socketpair()
    near.setblocking(False)
    with near, far:
        yield near, far


@pytest.fixture
def file(tmp_path: Path) -> Iterator[int]:
    """A file that lies in memory."""
    make_file(tmp_path / "blob", SIZE)
    descriptor = os.open(tmp_path / "blob", os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


Pair = tuple[socket.socket, socket.socket]


def test_a_span_is_sent_window_by_window(pair: Pair, file: int) -> None:
    near, far = pair
    transfer = Transfer(near.fileno(), file, 7, SIZE - 7)
    transfer.warm()
    got = bytearray()
    while (halt := transfer.push()) is not Halt.DONE:
        if halt is Halt.COLD:
            transfer.warm()
        got += far.recv(WINDOW)
    near.close()
    while piece := far.recv(WINDOW):
        got += piece
    assert got == os.pread(file, SIZE - 14, 7)
    assert transfer.push() is Halt.DONE


def test_a_socket_that_is_full_is_said_to_be(pair: Pair, file: int) -> None:
    near, _ = pair
    transfer = Transfer(near.fileno(), file, 0, SIZE)
    transfer.warm()
    assert transfer.push() is Halt.FULL
    sent = transfer.position
    assert 0 < sent < WINDOW
    assert transfer.push() is Halt.FULL
    assert transfer.position == sent


def test_what_is_not_in_memory_is_not_sent(pair: Pair, file: int) -> None:
    os.fsync(file)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    if is_cached(file, 0, SIZE):
        pytest.skip("this file system keeps everything in memory")
    near, _ = pair
    transfer = Transfer(near.fileno(), file, 0, SIZE)
    assert (transfer.push(), transfer.position) == (Halt.COLD, 0)
    read_ahead(file, 0, transfer.next_count)
    transfer.warm()
    assert transfer.push() is Halt.FULL
    assert transfer.position > 0


def test_a_file_that_ends_too_early_is_an_error(pair: Pair, file: int) -> None:
    near, _ = pair
    transfer = Transfer(near.fileno(), file, SIZE, SIZE + 1)
    transfer.warm()
    with pytest.raises(FileShrank):
        transfer.push()


def test_a_peer_that_is_gone_is_an_error(pair: Pair, file: int) -> None:
    near, far = pair
    far.close()
    transfer = Transfer(near.fileno(), file, 0, SIZE)
    transfer.warm()
    with pytest.raises(ClientLeft):
        transfer.push()
