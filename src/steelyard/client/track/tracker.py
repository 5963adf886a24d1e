"""The tracker: takes events without delay and without ever raising, and sees to it that the depot gets them."""

import os
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Unpack

import platformdirs

from steelyard.client.client import Client
from steelyard.client.retry import Retry
from steelyard.client.track.courier import Courier
from steelyard.client.track.ending import at_end
from steelyard.client.track.fields import UsageFields, encode
from steelyard.client.track.forks import call_in_children
from steelyard.client.track.inbox import Inbox
from steelyard.client.track.quiet import logger, quietly
from steelyard.client.track.sender import DepotSender, Sender
from steelyard.client.track.spool import Spool
from steelyard.client.track.tally import Tally
from steelyard.client.track.tracking import Tracking
from steelyard.core.clock import Clock, system_clock

WAITING = 10_000  # events in memory, until the thread has written them down
SPOOLED = 64 << 20  # bytes on disk
_TIMEOUT = 10.0  # seconds for each step of a delivery


def _sender(url: str | None, token: str | None, user: str | None) -> Sender:
    return DepotSender(lambda: Client(url, token, user, _TIMEOUT, retry=Retry(attempts=1)))


class Tracker:
    """Tracks the use of models for one depot, from any thread, task or forked process.

    ``url``, ``token`` and ``user`` default as those of ``steelyard.Client`` do. ``folder`` is where events wait on
    disk, at most ``limit`` bytes of them. Its methods raise nothing: ``tally`` and the log ``steelyard.track`` tell
    what went wrong. A thread is started with the first event.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        user: str | None = None,
        *,
        folder: Path | None = None,
        limit: int = SPOOLED,
        clock: Clock = system_clock,
        sender: Callable[[], Sender] | None = None,
    ) -> None:
        self.address = (url, token, user)
        self._folder = folder or platformdirs.user_state_path("steelyard", appauthor=False) / "track"
        self._limit = limit
        self._clock = clock
        self._sender = sender or (lambda: _sender(url, token, user))
        self._thread: threading.Thread | None = None
        self.renew()
        call_in_children(self)

    def track(
        self,
        model: str | None = None,
        *,
        argument: str | None = None,
        keep: Sequence[str] = (),
        measure: Callable[[Any], Mapping[str, Any]] | None = None,
        type: str | None = None,  # noqa: A002 - the depot's own word for it
        **figures: Unpack[UsageFields],
    ) -> Tracking:
        """A decorator and context manager that times a use and tells how it went.

        ``argument`` is the argument of the decorated function that names the model; those in ``keep`` become
        parameters of the event. ``measure`` is given the function's result and says more, such as
        ``{"tokens_out": 12}``. ``type`` is a generation that was completed or failed, unless given.
        """
        return Tracking(model, argument, keep, measure, type, figures, self._clock, self.record)

    def record(self, type: str, model: str | None, fields: UsageFields) -> None:  # noqa: A002
        """Take one event."""
        try:
            taken = self._inbox.put(encode(type, model, fields, self._clock.now()))
            self._start()
        except Exception:
            logger.warning("Usage tracking: an event could not be taken.", exc_info=True)
            taken = False
        self.tally.add(tracked=1, dropped=not taken)

    def flush(self, seconds: float = 5.0) -> bool:
        """Wait so long until the depot has everything; whether it has."""
        with quietly("starting to deliver"):
            self._start()
        return self._courier.flush(seconds)

    def close(self, seconds: float = 2.0) -> None:
        """Deliver what waits, within so many seconds; the rest lies on disk for the next process."""
        with quietly("ending"):
            thread, self._thread = self._thread, None
            self._courier.stop()
            if thread is not None:
                thread.join(seconds)
            self._assemble()

    def renew(self) -> None:
        """Begin anew, as a forked process must: locks may be held, no thread is there, and the parent delivers."""
        self.tally = Tally()
        self._thread = None
        self._starting = threading.Lock()
        self._at_end = False
        self._assemble()

    def _assemble(self) -> None:
        owner = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._inbox = Inbox(WAITING)
        spool = Spool(self._folder, owner, self._limit, self._clock)
        self._courier = Courier(self._inbox, spool, self._sender(), self.tally, self._clock)

    def _start(self) -> None:
        if self._thread is not None:
            return
        with self._starting:
            self._start_once()

    def _start_once(self) -> None:
        if self._thread is None:
            thread = threading.Thread(target=self._courier.run, name="steelyard-track", daemon=True)
            thread.start()
            self._thread = thread
        if not self._at_end:
            self._at_end = True
            at_end(self.close)
