"""Trying again after what passes by itself: broken connections, 5xx, and hubs that ask for a pause."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from steelyard.core.errors import SteelyardError
from steelyard.downloads.settings import DownloadSettings
from steelyard.jobs.context import JobContext
from steelyard.jobs.retry import fault_of
from steelyard.sources.errors import UpstreamBusy, UpstreamUnavailable
from steelyard.sources.pauses import LONGEST_WAIT

T = TypeVar("T")
PASSING = (UpstreamUnavailable, UpstreamBusy)
_LONGEST_PAUSE = 30.0


def pause_after(error: SteelyardError, tries: int, settings: DownloadSettings) -> float:
    """Seconds to wait after the ``tries``-th try in a row: doubling, and at least what the hub asked for."""
    doubled: float = settings.backoff_seconds * 2 ** (tries - 1)
    return max(min(doubled, _LONGEST_PAUSE), error.retry_after or 0.0)


async def rest_after(error: SteelyardError, tries: int, settings: DownloadSettings) -> None:
    """Wait before the next try, or raise the error: after too many tries, or when the hub wants a long pause."""
    pause = pause_after(error, tries, settings)
    if tries > settings.tries_without_progress or pause > LONGEST_WAIT:
        raise error
    await asyncio.sleep(pause)


async def patiently(ask: Callable[[], Awaitable[T]], settings: DownloadSettings, context: JobContext) -> T:
    """Ask until there is an answer, and let people know meanwhile what is wrong.

    Raises what passes by itself only after ``tries_without_progress``, anything else at once.
    """
    tries = 0
    while True:
        try:
            answer = await ask()
        except PASSING as error:
            tries += 1
            context.trouble = fault_of(error)
            await rest_after(error, tries, settings)
        else:
            context.trouble = None
            return answer
