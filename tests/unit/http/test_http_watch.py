"""Patience with whoever reads: little is enough, nothing is not."""

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from steelyard.http.transfer import ClientLeft, Halt, Transfer
from steelyard.http.watch import Watch, unsent

PATIENCE = 0.05
FULL = bytes(4_000_000)  # more than a connection takes unread


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A TCP connection whose buffers are full."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        far, _ = listener.accept()
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 100_000)
    near.setblocking(False)
    with near, far:
        while True:
            try:
                near.send(FULL)
            except BlockingIOError:
                break
        yield near, far


@pytest.fixture
def idle(pair: tuple[socket.socket, socket.socket]) -> Iterator[Transfer]:
    """A transfer that the full socket holds up."""
    file = os.open(Path(__file__), os.O_RDONLY)
    yield Transfer(pair[0].fileno(), file, 0, 10)
    os.close(file)


async def test_whoever_takes_nothing_ends_the_transfer(idle: Transfer) -> None:
    halted: asyncio.Future[Halt] = asyncio.get_running_loop().create_future()
    Watch(asyncio.get_running_loop(), idle, halted, PATIENCE)
    with pytest.raises(ClientLeft):
        await halted


async def test_whoever_takes_little_is_waited_for(pair: tuple[socket.socket, socket.socket], idle: Transfer) -> None:
    """Less than a third of the buffer: the socket is not writable again, and the transfer stands where it stood."""
    loop = asyncio.get_running_loop()
    before = unsent(idle.peer)
    halted: asyncio.Future[Halt] = loop.create_future()
    watch = Watch(loop, idle, halted, PATIENCE)
    if before == 0:
        pytest.skip("this system does not tell")
    taken = 0
    while unsent(idle.peer) == before:
        taken += len(pair[1].recv(50_000))
        await asyncio.sleep(0)
    watch._look()
    assert not halted.done()
    watch.cancel()
    assert taken > 0
