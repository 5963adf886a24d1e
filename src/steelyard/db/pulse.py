"""Listens to the beat of a PostgreSQL: a thread asks it nothing at all, and expects an answer soon.

The thread has a connection of its own and waits for nobody else. An event loop would not do: one that was busy for a
moment would take its own lateness for the database's.

Imports psycopg: only a depot on PostgreSQL loads this module.
"""

import asyncio
import logging
import selectors
import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import psycopg
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn

from steelyard.db.lifeline import Lifeline

logger = logging.getLogger(__name__)
_BETWEEN = 0.05  # seconds between two beats while somebody asks; a beat takes the server 30 µs
_IDLE = 2.0  # and while nobody does: then only /health wants to know
_AGAIN = 0.25  # until a server that does not answer is called again
_SLICES = 8  # of the silence; those in which this process was not let run do not count
_STARVED = 2.0  # times longer than it should be
_LONGEST = 10.0  # silences, however starved


class Pulse:
    """Tells the lifeline when the database falls silent and when it is back."""

    def __init__(self, parameters: dict[str, Any], lifeline: Lifeline, silence: float) -> None:
        """``parameters`` are psycopg's; ``silence`` is in seconds: a beat that takes longer was none."""
        self._parameters = parameters
        self._lifeline = lifeline
        self._silence = silence
        self._stopping = threading.Event()

    async def run(self) -> None:
        """Listen until cancelled."""
        loop = asyncio.get_running_loop()
        self._stopping.clear()
        thread = threading.Thread(target=self._listen, args=(loop,), name="db-pulse", daemon=True)
        thread.start()
        try:
            await loop.create_future()
        finally:
            self._stopping.set()
            self._lifeline.asked.set()
            await loop.run_in_executor(None, thread.join, self._silence)  # one that hangs in a call ends behind it

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """In the thread: one connection after the other."""
        while not self._stopping.is_set():
            try:
                with closing(psycopg.connect(**self._parameters, autocommit=True)) as connection:
                    self._tell(loop, self._lifeline.mend)
                    self._beat(connection.pgconn)
            except Exception as error:  # a thread that ended would leave everybody with what was told last
                if not isinstance(error, (psycopg.Error, OSError)):
                    logger.exception("listening to the database broke and is begun again")
                self._tell(loop, self._lifeline.cut)
                self._stopping.wait(_AGAIN)
            else:
                self._tell(loop, self._lifeline.cut)

    def _tell(self, loop: asyncio.AbstractEventLoop, what: Callable[[], None]) -> None:
        if not self._stopping.is_set():
            loop.call_soon_threadsafe(what)

    def _beat(self, connection: PGconn) -> None:
        """Return when the connection is silent. Raises psycopg.Error when it is broken."""
        while not self._stopping.is_set():
            self._lifeline.asked.clear()
            if not is_alive(connection, self._silence):
                return
            self._stopping.wait(_BETWEEN)
            self._lifeline.asked.wait(_IDLE)


def is_alive(connection: PGconn, silence: float) -> bool:
    """Whether the server answers an empty question within so many seconds. Raises psycopg.Error."""
    connection.send_query(b"")
    if not _has_come(connection, silence):
        return False
    status = None
    while (result := connection.get_result()) is not None:
        status = result.status
    return status == ExecStatus.EMPTY_QUERY


def _has_come(connection: PGconn, silence: float) -> bool:
    part, quiet, began = silence / _SLICES, 0, time.monotonic()
    with selectors.DefaultSelector() as selector:
        selector.register(connection.socket, selectors.EVENT_READ)
        while quiet < _SLICES and time.monotonic() - began < silence * _LONGEST:
            asked = time.monotonic()
            if selector.select(part):
                connection.consume_input()
                if not connection.is_busy():
                    return True
            quiet += time.monotonic() - asked < part * _STARVED
    return False
