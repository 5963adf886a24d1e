"""Waiting for something that must come true."""

import time
from collections.abc import Callable

_WAIT = 60.0  # seconds


def until(true: Callable[[], bool]) -> None:
    """Return once ``true()`` is. Raises AssertionError after a minute, which is no measurement but a dead end."""
    give_up = time.monotonic() + _WAIT
    while not true():
        assert time.monotonic() < give_up, "it never came true"
        time.sleep(0.005)
