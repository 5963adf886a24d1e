"""``python -m bench.crowd ADDRESS SIZE FAST SLOW SECONDS``: many who read one file at once, in a process of their own.

The fast ones ask for a part of up to 16 MB somewhere in the file, read it as fast as they can and ask for the next; the
slow ones ask for all of it and read 4 kB every half second. Prints what was read as JSON.
"""

import asyncio
import json
import os
import random
import socket
import sys
import time
from functools import partial
from typing import cast
from urllib.parse import urlsplit

import uvloop

_GENTLE = 10
_LARGEST = 16_000_000
_SLOW_BUFFER = 16 * 1024
_SLOW_BLOCK, _SLOW_PAUSE = 4096, 0.5
_END_OF_HEAD = b"\r\n\r\n"
_SCRATCH = memoryview(bytearray(512 * 1024))  # what is read is thrown away, so all share it


class Reader(asyncio.BufferedProtocol):
    """One who asks for part after part."""

    def __init__(self, host: str, path: str, size: int, dice: random.Random, end: float) -> None:
        """Nothing is asked for after ``end`` (monotonic seconds): a busy loop is late with its timers."""
        self._host = host
        self._path = path
        self._size = size
        self._dice = dice
        self._end = end
        self._transport: asyncio.Transport | None = None
        self._head = b""
        self._left = 0
        self._is_closed = False
        self.got = 0
        self.answers = 0
        self.failed: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none of asyncio's
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._is_closed:
            self.failed.append(f"the connection ended with {self._left} bytes to come: {exc}")

    def get_buffer(self, sizehint: int) -> memoryview:
        return _SCRATCH

    def buffer_updated(self, nbytes: int) -> None:
        if self._left == 0:
            self._begin(bytes(_SCRATCH[:nbytes]))
        else:
            self._take(nbytes)

    def _begin(self, data: bytes) -> None:
        self._head += data
        head, end, body = self._head.partition(_END_OF_HEAD)
        if not end:
            return
        self._head = b""
        status, length = _read_head(head)
        if status != 206:
            self.failed.append(head.decode("latin-1"))
        self._left = length
        self._take(len(body))

    def _take(self, count: int) -> None:
        self.got += count
        self._left -= count
        if self._left == 0:
            self.answers += 1
            self._ask()

    def _ask(self) -> None:
        if time.monotonic() >= self._end:
            return
        start = self._dice.randrange(self._size)
        stop = min(self._size, start + self._dice.randint(1, _LARGEST))
        assert self._transport is not None
        self._transport.write(_request(self._host, self._path, f"Range: bytes={start}-{stop - 1}\r\n"))

    def close(self) -> None:
        """Ask for no more."""
        self._is_closed = True
        if self._transport is not None:
            self._transport.abort()


async def main(address: str, size: int, fast: int, slow: int, seconds: float) -> None:
    """Read for some seconds and say how much; readers sit on other machines, so they take no time from the server."""
    os.nice(_GENTLE)
    parts, loop = urlsplit(address), asyncio.get_running_loop()
    host, port = parts.hostname or "", parts.port or 80
    dice = random.Random(1)  # noqa: S311 - no secret, and the same every time
    start = time.monotonic()
    readers = [Reader(parts.netloc, parts.path, size, dice, start + seconds) for _ in range(fast)]
    for reader in readers:
        await loop.create_connection(partial(_itself, reader), host, port)
    crawling = [asyncio.create_task(_crawl(host, port, parts.netloc, parts.path)) for _ in range(slow)]
    await asyncio.sleep(seconds)
    took = time.monotonic() - start
    ended = ["a slow reader's connection ended" for task in crawling if task.done()]
    for task in crawling:
        task.cancel()
    failed = [reason for reader in readers for reason in reader.failed]
    for reader in readers:
        reader.close()
    got, answers = sum(reader.got for reader in readers), sum(reader.answers for reader in readers)
    print(json.dumps({"bytes_per_second": got / took, "answers": answers, "failed": failed + ended}))


def _itself(reader: Reader) -> Reader:
    return reader


async def _crawl(host: str, port: int, netloc: str, path: str) -> None:
    loop = asyncio.get_running_loop()
    with socket.socket() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SLOW_BUFFER)
        peer.setblocking(False)
        await loop.sock_connect(peer, (host, port))
        await loop.sock_sendall(peer, _request(netloc, path))
        while await loop.sock_recv(peer, _SLOW_BLOCK):  # noqa: ASYNC110 - the pause is the pace
            await asyncio.sleep(_SLOW_PAUSE)


def _request(host: str, path: str, more: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n".encode()


def _read_head(head: bytes) -> tuple[int, int]:
    """The status and the length of the body."""
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(first.split(" ")[1]), int(headers["content-length"])


if __name__ == "__main__":
    _, where, *counts, duration = sys.argv
    file_size, many, few = map(int, counts)
    uvloop.run(main(where, file_size, many, few, float(duration)))
