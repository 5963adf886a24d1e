"""An engine's process: started, listened to, measured and ended with everything that it started itself."""

import asyncio
import contextlib
import json
import os
import secrets
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Mapping, Sequence
from typing import Any

from steelyard.engines.announcing import VARIABLE, announced_in
from steelyard.engines.environment import environment_of_child
from steelyard.engines.log import LogTail
from steelyard.engines.usage import memory_of_tree

_GRACE = 5.0  # seconds between SIGTERM and SIGKILL
_CHUNK = 65536
_LAST_READ = 1.0  # seconds to read what is in the pipe of a process that ended
_LAST_WORDS = 0.5  # seconds in which a child that is lost may tell those who wait for it


class ChildEnded(Exception):
    """The process ended before it was ready; ``status`` is its exit status, negative for a signal."""

    def __init__(self, status: int, lines: Sequence[str]) -> None:
        super().__init__(f"ended with {status}")
        self.status = status
        self.lines = lines


class Child:
    """One process group. Its standard input stays open as long as it is wanted: the end tells it that we are gone."""

    def __init__(self, process: Process, log: LogTail, mark: str, grace: float, fatal: str | None) -> None:
        """``mark`` is how it announces itself. ``fatal``: with these words in its log it is of no use and is killed."""
        self._process = process
        self._log = log
        self._mark = mark
        self._grace = grace
        self._fatal = fatal
        self._announced: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
        self._gone = asyncio.Event()
        self._over = asyncio.Event()
        self._reading = asyncio.create_task(self._read())
        self._watching = asyncio.create_task(self._watch())

    @property
    def pid(self) -> int:
        """Of the process, and of its group."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended, and is of use."""
        return self._process.returncode is None and not self._over.is_set()

    @property
    def status(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._process.returncode

    def memory_bytes(self) -> int | None:
        """Resident memory of the process and those it started."""
        return memory_of_tree(self.pid) if self._process.returncode is None else None

    def last_lines(self) -> Sequence[str]:
        """The end of what it wrote."""
        return self._log.last()

    async def announced(self) -> Mapping[str, Any]:
        """What a child of ours says when it is ready. Raises ChildEnded when it ends instead."""
        ended = asyncio.create_task(self.ended())
        either: list[asyncio.Future[Any]] = [self._announced, ended]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()
        if not self._announced.done():
            raise self.failure()
        return self._announced.result()

    async def ended(self) -> None:
        """Return when the process has ended, and what it wrote is read; or when it is of no use and about to end."""
        await self._over.wait()

    def failure(self) -> ChildEnded:
        """How it ended, with its last lines."""
        return ChildEnded(self._process.returncode or 0, self.last_lines())

    async def stop(self) -> None:
        """End the group: asked to, and after the grace made to. Returns when it is gone and reaped."""
        try:
            if self._process.returncode is None:
                if not self._over.is_set():  # else it is killed after its last words
                    self._signal(signal.SIGTERM)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._gone.wait(), self._grace)
        finally:
            self._signal(signal.SIGKILL)  # what it started may have stayed
        await self._gone.wait()
        await asyncio.gather(self._reading, self._watching, return_exceptions=True)

    def kill(self) -> None:
        """End the group now, without waiting."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                self._process.kill()
            else:
                os.killpg(self.pid, number)

    async def _read(self) -> None:
        while self._process.stdout is not None and (data := await self._process.stdout.read(_CHUNK)):
            for line in self._log.feed(data):
                if self._fatal is not None and self._fatal in line:
                    self._over.set()
                    asyncio.get_running_loop().call_later(_LAST_WORDS, self.kill)
                facts = announced_in(line, self._mark)
                if facts is not None and not self._announced.done():
                    self._announced.set_result(facts)

    async def _watch(self) -> None:
        """A process that ended takes its group along; a pipe that a stray holds open is not waited for."""
        try:
            await self._process.wait()
            self._signal(signal.SIGKILL)
            await asyncio.wait({self._reading}, timeout=_LAST_READ)
            self._reading.cancel()
            if self._process.stdin is not None:
                self._process.stdin.close()
        finally:  # whatever happens here, nobody waits for ever
            self._gone.set()
            self._over.set()


async def start_child(
    argv: Sequence[str],
    opening: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    grace: float = _GRACE,
    fatal: str | None = None,
) -> Child:
    """Start a program in a session of its own, with ``opening`` as its first line of input, in JSON.

    It sees of our environment what ``environment_of_child`` leaves, and ``environment``. Raises OSError when it cannot
    be started.
    """
    mark = secrets.token_urlsafe(16)
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=PIPE,
        stdout=PIPE,
        stderr=STDOUT,
        start_new_session=True,
        env=environment_of_child(os.environ, {**(environment or {}), VARIABLE: mark}),
    )
    child = Child(process, LogTail(), mark, grace, fatal)
    if opening is not None and process.stdin is not None:
        process.stdin.write(
            json.dumps(opening).encode() + b"\n"
        )  # its end, should it come first, is seen by announced()
    return child
