"""What the end of an answer is told as, when something else than an error of ours ended it."""

import asyncio

from starlette.requests import ClientDisconnect

from steelyard.core.errors import SteelyardError
from steelyard.http.transfer import ClientLeft
from steelyard.serving.deadline import gone
from steelyard.serving.errors import Stopping

_LEFT = (GeneratorExit, ClientDisconnect, ClientLeft)


def fault_of(raised: BaseException) -> SteelyardError:
    """The error that stands for it in the log. Whoever leaves is seen by the deadline or when sending fails; who is
    cancelled without either is so because the process ends."""
    if isinstance(raised, SteelyardError):
        return raised
    if isinstance(raised, _LEFT):
        return gone()
    if isinstance(raised, asyncio.CancelledError):
        return Stopping("The depot stopped before the answer was complete.", hint="Ask again in a moment.")
    return SteelyardError("An unexpected error ended the answer; it is in the server's log.")
