"""Who is told at once when the client of a request leaves; our own server does it.

ASGI has whoever wants to know wait in ``receive``, which takes a task for each request.
"""

import asyncio
from collections.abc import Callable

LEAVING = "leaving"  # in a request's state, where the server tells


class Leaving:
    """Of one connection. Nobody is told twice, nor of an end that comes after they asked to be spared."""

    def __init__(self, resume_reading: Callable[[], None]) -> None:
        """``resume_reading``: a connection that is not read tells nobody that it has ended."""
        self._resume_reading = resume_reading
        self._calls: list[Callable[[], None]] = []
        self._has_left = False

    def tell(self, call: Callable[[], None]) -> None:
        """Call it when the client leaves; soon, when it has left already."""
        self._calls.append(call)
        if self._has_left:
            asyncio.get_running_loop().call_soon(self.left)
        else:
            self._resume_reading()

    def spare(self, call: Callable[[], None]) -> None:
        """Do not call it any more. May be asked twice."""
        if call in self._calls:
            self._calls.remove(call)

    def left(self) -> None:
        """The client has left."""
        self._has_left = True
        calls, self._calls = self._calls, []
        for call in calls:
            call()
