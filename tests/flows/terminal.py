"""``steelyard`` at a terminal: a real process at the far end of a pseudo-terminal."""

import asyncio
import fcntl
import os
import pty
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.flows.house import eventually
from tests.flows.processes import STEELYARD, environment

_LEAVES_WITHIN = 10.0


@dataclass
class Terminal:
    """What is typed goes in, what is seen comes out."""

    descriptor: int
    process: asyncio.subprocess.Process
    _seen: bytearray = field(default_factory=bytearray)

    @property
    def seen(self) -> str:
        """All that stood on the screen."""
        return self._seen.decode("utf-8", "replace").replace("\r\n", "\n")

    def type(self, keys: str) -> None:
        """Press keys; ``\\x03`` is Ctrl-C, ``\\x04`` Ctrl-D."""
        os.write(self.descriptor, keys.encode())

    async def shows(self, text: str, times: int = 1) -> None:
        """Return once it stands on the screen so often."""

        async def there() -> bool:
            return self.seen.count(text) >= times

        await eventually(there, f"the terminal shows {text!r}; it shows {self.seen!r}")

    async def ended(self) -> int:
        """The exit code, once it has ended."""
        async with asyncio.timeout(_LEAVES_WITHIN):
            return await self.process.wait()

    def take(self) -> None:
        """Take in what has come."""
        try:
            self._seen += os.read(self.descriptor, 65536)
        except OSError:  # nobody holds the other end any more
            asyncio.get_running_loop().remove_reader(self.descriptor)


@asynccontextmanager
async def at_terminal(*argv: str, **variables: str) -> AsyncIterator[Terminal]:
    """``steelyard`` with these arguments, ended at the end."""
    ours, theirs = pty.openpty()
    try:
        process = await asyncio.create_subprocess_exec(
            str(STEELYARD), *argv, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            preexec_fn=lambda: _hold(theirs), env=environment(TERM="dumb", **variables),
        )  # fmt: skip
    finally:
        os.close(theirs)
    terminal = Terminal(ours, process)
    loop = asyncio.get_running_loop()
    loop.add_reader(ours, terminal.take)
    try:
        yield terminal
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        loop.remove_reader(ours)
        os.close(ours)


def _hold(descriptor: int) -> None:
    """Make it the terminal of the new session, so that keys such as Ctrl-C become signals."""
    fcntl.ioctl(descriptor, termios.TIOCSCTTY, 0)
