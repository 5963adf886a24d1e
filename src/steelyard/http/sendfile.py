"""Bytes from a file to a connection's socket by ``os.sendfile``: they never pass through Python.

The socket belongs to the event loop's transport, and so does its descriptor; a duplicate may be watched beside it. It
works on uvloop and asyncio alike. Costs are in bench/serve_cost.py.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

from uvicorn.protocols.http.flow_control import FlowControl

from steelyard.core.threads import unabandoned
from steelyard.http.pagecache import read_ahead
from steelyard.http.transfer import ClientLeft, Halt, Transfer, shrank
from steelyard.http.turns import Turns
from steelyard.http.watch import Watch

T = TypeVar("T")
PATIENCE_SECONDS = 300.0


class Outlet:
    """One connection's way out, beside its transport."""

    def __init__(
        self,
        transport: asyncio.Transport,
        flow: FlowControl,
        readers: Executor | None,
        patience: float,
        turns: Turns,
    ) -> None:
        """``readers`` read what is not in memory (None: the loop's own threads). Whoever takes nothing is let go after
        ``patience`` seconds, or twice as many at most. All connections of a server share their ``turns``.
        """
        self._transport = transport
        self._flow = flow
        self._loop = asyncio.get_running_loop()
        self._readers = readers
        self._patience = patience
        self._turns = turns
        self._halted: asyncio.Future[Halt] | None = None
        self._lost = False

    def lose(self) -> None:
        """The connection is gone: whoever sends is woken up."""
        self._lost = True
        if self._halted is not None and not self._halted.done():
            self._halted.set_exception(ClientLeft())

    async def send(self, file: int, start: int, count: int) -> None:
        """Send the bytes of an open file behind all that was written to the transport.

        Returns when the kernel has them. Raises ClientLeft, and FileShrank when they are fewer.
        """
        try:
            await self._emptied()
            await self._duplicated(file, start, start + count)
        except ClientLeft:
            self._transport.abort()
            raise

    async def _emptied(self) -> None:
        """Wait until the transport has written all of its own; it says so below its low mark, which is 0 meanwhile."""
        self._transport.set_write_buffer_limits(high=0)
        try:
            async with asyncio.timeout(self._patience):
                while self._transport.get_write_buffer_size() and not self._lost:
                    await (self._flow.drain() if self._flow.write_paused else asyncio.sleep(0))
        except TimeoutError as error:
            raise ClientLeft from error
        finally:
            self._transport.set_write_buffer_limits()
        if self._lost:
            raise ClientLeft

    async def _duplicated(self, file: int, start: int, stop: int) -> None:
        peer = os.dup(self._transport.get_extra_info("socket").fileno())
        try:
            await self._transferred(Transfer(peer, file, start, stop))
        finally:
            os.close(peer)

    async def _transferred(self, transfer: Transfer) -> None:
        halt = transfer.push() if self._turns.is_free else Halt.FULL
        while halt is not Halt.DONE:
            if halt is Halt.FULL:
                halt = await self._pushed(transfer)
                continue
            if halt is Halt.COLD:
                await self._in_thread(read_ahead, transfer.file, transfer.position, transfer.next_count)
                transfer.warm()
            else:
                await self._copied(transfer)
            halt = transfer.push()

    async def _pushed(self, transfer: Transfer) -> Halt:
        """Push whenever the socket takes something, until something else is in the way.

        All in callbacks: to wake a task for each push took twice the time of Python.
        """
        halted: asyncio.Future[Halt] = self._loop.create_future()
        self._halted = halted
        watch = Watch(self._loop, transfer, halted, self._patience)
        self._loop.add_writer(transfer.peer, self._turns.take, transfer.peer, lambda: _push(transfer, halted))
        try:
            return await halted
        finally:
            self._loop.remove_writer(transfer.peer)
            watch.cancel()
            self._halted = None
            if halted.done() and not halted.cancelled():
                halted.exception()  # fetched here: beside a cancel nobody else does, and asyncio logs it as an accident

    async def _copied(self, transfer: Transfer) -> None:
        """One window for which there is no sendfile."""
        data = await self._in_thread(_read, transfer.file, transfer.position, transfer.next_count)
        self._transport.write(data)
        await self._emptied()
        transfer.position += len(data)

    async def _in_thread(self, work: Callable[[int, int, int], T], file: int, start: int, count: int) -> T:
        return await unabandoned(self._loop.run_in_executor(self._readers, work, file, start, count))


def _push(transfer: Transfer, halted: asyncio.Future[Halt]) -> None:
    if halted.done():
        return
    try:
        halt = transfer.push()
    except Exception as error:
        halted.set_exception(error)
    else:
        if halt is not Halt.FULL:
            halted.set_result(halt)


def _read(file: int, start: int, count: int) -> bytes:
    data = os.pread(file, count, start)
    if not data:
        raise shrank()
    return data
