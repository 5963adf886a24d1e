"""One span of a file on its way into a socket, as far as the socket takes it without waiting."""

import errno
import os
from enum import Enum, auto

from steelyard.core.errors import SteelyardError
from steelyard.http.pagecache import is_cached

WINDOW = 2 * 1024 * 1024  # bytes that one connection sends before others have their turn: below 1 ms
_UNFIT = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
_AWAY = frozenset({
    errno.EPIPE, errno.ECONNRESET, errno.ECONNABORTED, errno.ENOTCONN, errno.ETIMEDOUT, errno.EHOSTUNREACH,
    errno.ENETUNREACH, errno.ENETDOWN,
})  # fmt: skip


class ClientLeft(OSError):
    """Nobody takes the answer any more; there is nobody left to tell. What ASGI 2.4 wants ``send`` to raise."""


class FileShrank(SteelyardError):
    """A file has fewer bytes than were promised: somebody cut it meanwhile."""

    slug = "file-shrank"
    title = "A stored file is shorter than it should be"


def shrank() -> FileShrank:
    """The error in words."""
    return FileShrank("The stored file is shorter than the depot knows it.", hint="Run 'steelyard verify'.")


class Halt(Enum):
    """Why nothing more is sent for now."""

    DONE = auto()
    FULL = auto()  # the socket takes no more, or it is the others' turn
    COLD = auto()  # the next window has to be read from a disk first
    UNFIT = auto()  # the file's file system takes no part in sendfile


class Transfer:
    """The bytes of ``file`` from ``position`` up to ``stop``; ``peer`` is a socket that does not block."""

    def __init__(self, peer: int, file: int, position: int, stop: int) -> None:
        self.peer = peer
        self.file = file
        self.position = position
        self._stop = stop
        self._warm = position  # up to here the bytes are in memory

    @property
    def next_count(self) -> int:
        """How many bytes the next window has."""
        return min(WINDOW, self._stop - self.position)

    def warm(self) -> None:
        """The next window is in memory now."""
        self._warm = self.position + self.next_count

    def push(self) -> Halt:
        """Send one window, or what is left of it. Raises ClientLeft and FileShrank, and OSError of a broken disk."""
        if self.position >= self._stop:
            return Halt.DONE
        if self.position >= self._warm:
            if not is_cached(self.file, self.position, self.next_count):
                return Halt.COLD
            self.warm()
        try:
            sent = os.sendfile(self.peer, self.file, self.position, self._warm - self.position)
        except BlockingIOError:
            return Halt.FULL
        except OSError as error:
            if error.errno in _UNFIT:
                return Halt.UNFIT
            if error.errno in _AWAY:
                raise ClientLeft from error
            raise
        if sent == 0:
            raise shrank()
        self.position += sent
        return Halt.DONE if self.position >= self._stop else Halt.FULL
