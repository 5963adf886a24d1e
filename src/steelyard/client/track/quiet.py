"""What goes wrong here must never reach the program that is tracked."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

logger = logging.getLogger("steelyard.track")


@contextmanager
def quietly(doing: str) -> Iterator[None]:
    """Log what fails inside instead of raising it; interruptions go through."""
    try:
        yield
    except Exception:
        logger.warning("Usage tracking: %s failed.", doing, exc_info=True)
