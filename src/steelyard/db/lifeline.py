"""What callers hear while another machine's database is silent: a no at once, instead of a wait without end.

A server that was stopped breaks its connections. One that hangs breaks nothing: whoever asked it waits for ever. So
somebody listens to its beat (``db.pulse`` does) and says here whether it lives.
"""

import asyncio
import logging
import threading
from typing import TypeVar

from steelyard.db.errors import DatabaseAway

logger = logging.getLogger(__name__)
AGAIN_SECONDS = 5.0
T = TypeVar("T")


class Lifeline:
    """Whether the database lives, as far as anybody knows. To be used in one event loop; ``asked`` is for a thread,
    too: set when somebody asked the database something."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self._is_cut = False
        self._waiting: set[asyncio.Future[object]] = set()

    @property
    def is_cut(self) -> bool:
        """Whether it is silent."""
        return self._is_cut

    def require(self) -> None:
        """Raises DatabaseAway while it is silent: nobody is to wait for it."""
        if self._is_cut:
            raise away()

    async def through(self, work: asyncio.Future[T]) -> T:
        """The answer to what is asked just now. Raises DatabaseAway once the database is silent.

        What was given up so may still be done, when the database wakes up.
        """
        if not self.asked.is_set():  # setting it takes a lock
            self.asked.set()
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        work.add_done_callback(lambda done: _pass_on(done, answer))
        self._waiting.add(answer)  # type: ignore[arg-type]  # they only ever get an error from here
        try:
            return await answer
        finally:
            self._waiting.discard(answer)
            if answer.cancelled():
                work.cancel()

    def cut(self) -> None:
        """It is silent: everybody who waits is told."""
        if not self._is_cut:
            logger.warning("the database is silent")
        self._is_cut = True
        for answer in self._waiting:
            if not answer.done():
                answer.set_exception(away())

    def mend(self) -> None:
        """It answers."""
        if self._is_cut:
            logger.info("the database answers again")
        self._is_cut = False


def away() -> DatabaseAway:
    """What callers are told."""
    return DatabaseAway(
        "The depot's database is silent just now; what was not confirmed may still be done.",
        hint="Ask again in a few seconds. If it lasts, see that PostgreSQL runs and is not overloaded.",
        retry_after=AGAIN_SECONDS,
    )


def _pass_on(done: "asyncio.Future[T]", answer: "asyncio.Future[T]") -> None:
    if done.cancelled():
        answer.cancel()
        return
    error = done.exception()  # looked at in any case: one that nobody waits for any more is no news
    if answer.done():
        return
    if error is not None:
        answer.set_exception(error)
    else:
        answer.set_result(done.result())
