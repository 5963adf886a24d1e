"""The background thread: from the inbox into the spool at once, from the spool to the depot in batches."""

import errno
import threading
from dataclasses import dataclass, field
from typing import Final

from steelyard.client.errors import ApiError, ClientError
from steelyard.client.retry import Retry
from steelyard.client.track.inbox import Inbox
from steelyard.client.track.quiet import logger, quietly
from steelyard.client.track.sender import Sender
from steelyard.client.track.spool import Segment, Spool
from steelyard.client.track.tally import Tally
from steelyard.core.clock import Clock

LINGER: Final = 1.0  # seconds between two batches; the first event after a silence goes at once
_PAUSES = Retry(first_wait=1.0, longest=60.0)
_AT_FAULT = frozenset({400, 413, 422})  # the batch itself; sent again it would be refused again
_FOR_NOW = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})  # the program is short of something, the file is well


@dataclass(slots=True)
class Courier:
    """Delivers what comes in. Its steps can be taken by hand; ``run`` takes them until ``stop``."""

    inbox: Inbox
    spool: Spool
    sender: Sender
    tally: Tally
    clock: Clock
    _due: float = 0.0
    _failed: int = 0
    _stopping: bool = False
    _waiting: list[threading.Event] = field(default_factory=list)

    def run(self) -> None:
        """Work until told to stop, then deliver once more and leave the rest to the next process."""
        self._prepare()
        while not self._stopping:
            self.inbox.wait(self._patience())
            self.step()
        with quietly("writing the last events down"):
            self._keep()
        self._try()
        with quietly("leaving the rest"):
            self._leave()
        with quietly("hanging up"):
            self.sender.close()
        self._tell()

    def stop(self) -> None:
        """Let ``run`` come to its end."""
        self._stopping = True
        self.inbox.ring()

    def flush(self, seconds: float) -> bool:
        """Try at once and wait so long for the outcome: whether everything was delivered."""
        answered = threading.Event()
        self._waiting.append(answered)
        self.inbox.ring()
        return answered.wait(seconds) and not self.spool.waiting

    def step(self) -> None:
        """Write down what came in, and send it when it is time."""
        asked = [self._waiting.pop() for _ in range(len(self._waiting))]
        with quietly("writing events down"):
            self._keep()
        if asked or self.clock.monotonic() >= self._due:
            self._try()
        for answered in asked:
            answered.set()

    def _try(self) -> None:
        try:
            self._deliver()
        except Exception as error:  # such as a disk that cannot be read
            self._put_off(str(error))

    def _prepare(self) -> None:
        with quietly("looking for what was left"):
            self.spool.adopt()
            self.inbox.ring()

    def _keep(self) -> None:
        lines = self.inbox.take()
        if lines and (refused := self.spool.append(lines)):
            self.tally.add(dropped=refused)
            logger.warning("Usage tracking: no room for %d events; the depot was away for too long.", refused)

    def _leave(self) -> None:
        if lost := self.spool.leave():
            self.tally.add(dropped=lost)
            logger.warning("Usage tracking: %d events are lost; they could not be written down.", lost)

    def _deliver(self) -> None:
        while (segment := self.spool.first()) is not None:
            lines = self._read(segment)
            if lines is None:
                continue
            if lines and not self._sent(lines):
                self.spool.touch()
                return
            self.spool.done(segment)
            self._due = self.clock.monotonic() + LINGER

    def _read(self, segment: Segment) -> list[bytes] | None:
        """The events of a segment; None when nobody can read them: then it is out of the way. Raises OSError when
        that may pass."""
        try:
            return self.spool.read(segment)
        except OSError as error:
            if error.errno in _FOR_NOW:
                raise
            place = self.spool.set_aside(segment)
            self.tally.add(dropped=segment.count)  # 0 of a file that another process has left
            logger.warning("Usage tracking: %s cannot be read, and is not delivered: %s", place, error)
            return None

    def _sent(self, lines: list[bytes]) -> bool:
        """Whether these are dealt with."""
        try:
            return self._send(lines)
        except ClientError as error:
            if isinstance(error, ApiError) and error.status in _AT_FAULT:
                self._refused(len(lines), error.detail)
                return True
            self._put_off(error.detail)
            return False

    def _send(self, lines: list[bytes]) -> bool:
        answer = self.sender.send(lines)
        self.tally.add(delivered=len(lines) - len(answer["rejected"]))
        if answer["rejected"]:
            self._refused(len(answer["rejected"]), answer["rejected"][0]["detail"])
        self._failed = 0
        return True

    def _refused(self, events: int, reason: str) -> None:
        self.tally.add(rejected=events)
        logger.warning("Usage tracking: the depot refused %d events: %s", events, reason)

    def _put_off(self, reason: str) -> None:
        self._failed += 1
        pause = _PAUSES.pause(self._failed)
        self._due = self.clock.monotonic() + pause
        if self._failed == 1:
            logger.warning("Usage tracking: events wait, the depot does not take them: %s", reason)

    def _patience(self) -> float | None:
        """Seconds until something may be sent; None when nothing waits."""
        return max(0.0, self._due - self.clock.monotonic()) if self.spool.waiting else None

    def _tell(self) -> None:
        for answered in self._waiting:
            answered.set()
