"""Patience with whoever reads an answer: slowly is well, not at all is not."""

import asyncio
import sys

from steelyard.http.transfer import ClientLeft, Halt, Transfer

if sys.platform == "linux":
    import fcntl
    import termios


class Watch:
    """Ends a transfer with ClientLeft when the socket's other end has taken nothing between two looks."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, transfer: Transfer, halted: asyncio.Future[Halt], patience: float
    ) -> None:
        self._loop, self._transfer, self._halted, self._patience = loop, transfer, halted, patience
        self._seen = (transfer.position, unsent(transfer.peer))
        self._timer = loop.call_later(patience, self._look)

    def cancel(self) -> None:
        """Look no more."""
        self._timer.cancel()

    def _look(self) -> None:
        seen = (self._transfer.position, unsent(self._transfer.peer))
        if seen == self._seen and not self._halted.done():
            self._halted.set_exception(ClientLeft())
            return
        self._seen = seen
        self._timer = self._loop.call_later(self._patience, self._look)


def unsent(peer: int) -> int:
    """Bytes in a socket's buffer that its other end has not taken; 0 where the system does not tell (tcp(7))."""
    if sys.platform != "linux":
        return 0
    return int.from_bytes(fcntl.ioctl(peer, termios.TIOCOUTQ, bytes(4)), sys.byteorder)
