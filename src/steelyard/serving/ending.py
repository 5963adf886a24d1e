"""Ends what is in memory, and tells what became of it; neither ever raises."""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from steelyard.engines.protocol import Loaded
from steelyard.serving.live import Live, Story

logger = logging.getLogger(__name__)
_LONGEST_STOP = 30.0  # seconds; an engine has five to end by itself before it is killed


async def stop(live: Live) -> bool:
    """Stop an engine; whether that went well. One that cannot be stopped is in the log, and nobody waits for it."""
    if live.watch is not None:
        live.watch.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await live.watch
    try:
        async with asyncio.timeout(_LONGEST_STOP):
            await live.loaded.stop()
    except Exception:
        logger.exception("an engine could not be stopped", extra={"model": live.weights.name, "engine": live.engine})
        return False
    return True


def size_of(loaded: Loaded) -> int | None:
    """What a model takes, in bytes; None where nobody can tell."""
    try:
        return loaded.memory_bytes()
    except Exception:
        logger.exception("cannot tell how much memory an engine takes")
        return None


def carefully(tell: Callable[[Story], None]) -> Callable[[Story], None]:
    """A log of events that cannot be written must not leave a model in the middle of its load."""

    def told(story: Story) -> None:
        try:
            tell(story)
        except Exception:
            logger.exception("cannot write down what became of a model", extra={"model": story.model})

    return told
